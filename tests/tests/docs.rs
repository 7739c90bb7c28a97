//! What the documents say is what the code says.
//!
//! `docs/providers.md`, `docs/metrics.md` and the names of events in the macros are generated from the
//! code, and compared here: `UPDATE_DOCS=1 cargo test -p webhook-tests --test docs` writes them again.

#[path = "docs/commands.rs"]
mod commands;
#[path = "docs/coverage.rs"]
mod coverage;
#[path = "docs/events.rs"]
mod events;
#[path = "docs/metrics.rs"]
mod metrics;

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fmt::Write as _,
    fs,
    path::PathBuf,
    time::Duration,
};

use webhook_runtime::{
    BatchLayout, Field, Provider,
    providers::{ALL, HMAC_SHA256_HEX},
    scheme::{KeyEncoding, Scheme, VerifyError},
};

/// Writes instead of comparing.
const UPDATE: &str = "UPDATE_DOCS";

const TABLE: &str = "docs/providers.md";

const ATTACKS: &str = "docs/attacks.md";

/// Where constants and features meet: the constants themselves know neither.
const MODULE: &str = include_str!("../../webhook-runtime/src/verify/providers/mod.rs");

/// The list of all constants, with their features.
const LIST: &str = include_str!("../../webhook-runtime/src/verify/providers/all.rs");

/// The constants by topic, as docs.rs shows them.
const GROUPS: &str = include_str!("../../webhook-runtime/src/verify/providers/groups.md");

fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(file)
}

fn read(file: &str) -> String {
    fs::read_to_string(path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[test]
fn the_provider_table_matches_the_constants() {
    compare(TABLE, &document(&known()));
}

/// Compares a generated document, or writes it.
fn compare(file: &str, expected: &str) {
    if env::var_os(UPDATE).is_some() {
        fs::create_dir_all(path("docs")).expect("a directory");
        fs::write(path(file), expected).expect("it can be written");
        return;
    }
    let found = fs::read_to_string(path(file)).unwrap_or_default();
    let differ = found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
    assert!(
        found == expected,
        "{file} is not up to date; run the test with {UPDATE}=1\nfirst difference: {differ:#?}"
    );
}

#[test]
fn every_constant_is_in_the_list_of_all() {
    let listed = section("pub const ALL", "];");
    for line in MODULE.lines().filter_map(|line| line.strip_prefix("pub use ")) {
        let (module, names) = line.split_once("::").expect("a module");
        if module == "all" {
            continue;
        }
        for name in names.trim_matches(['{', '}', ';']).split(", ") {
            assert!(listed.contains(&format!("    &{name},\n")), "{name} is not in `ALL`");
        }
    }
}

#[test]
fn the_names_of_providers_are_their_own() {
    let mut names: Vec<_> = ALL.iter().map(|provider| provider.name()).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
}

/// The tables of features in the README and in the crate's documentation list every feature of the
/// manifest, no other, and the providers that need one.
#[test]
fn the_tables_of_features_are_complete() {
    let features = features();
    assert!(features.len() > 20, "{features:?}");
    for (file, prefix) in [("README.md", ""), ("webhook-runtime/src/lib.rs", "//! ")] {
        let text = read(file);
        let lines: Vec<_> = text.lines().filter_map(|line| line.strip_prefix(prefix)).collect();
        for row in feature_rows(&known()) {
            assert!(lines.contains(&&*row), "{file} lacks: {row}");
        }
        let rows = lines.iter().skip_while(|line| **line != "| feature | for |").skip(2);
        let rows = rows.take_while(|line| line.starts_with("| "));
        let names = rows.flat_map(|row| {
            let cell = row.trim_start_matches("| ").split(" | ").next().unwrap_or_default();
            // Every other piece between backticks is a name.
            cell.split('`').skip(1).step_by(2)
        });
        let names: BTreeSet<_> = names.map(str::to_owned).collect();
        assert_eq!(names, features, "{file} and webhook-runtime/Cargo.toml differ");
    }
}

/// The features of the manifest, but for `default`.
fn features() -> BTreeSet<String> {
    let manifest = read("webhook-runtime/Cargo.toml");
    let (_, features) = manifest.split_once("\n[features]\n").expect("features");
    let (features, _) = features.split_once("\n[").expect("another table");
    let names = features.lines().filter_map(|line| line.split_once(" = [")).map(|(name, _)| name);
    names.filter(|name| *name != "default").map(str::to_owned).collect()
}

#[test]
fn the_front_pages_are_short() {
    for (file, max) in [("README.md", 200), ("CONTRIBUTING.md", 150)] {
        let lines = read(file).lines().count();
        assert!(
            lines <= max,
            "{file} has {lines} lines: move facts to the guide or docs/evidence.md"
        );
    }
}

/// Facts of the README that the code decides.
#[test]
fn the_readme_says_what_is_so() {
    let readme = read("README.md");
    let commands: Vec<_> =
        readme.split("```sh\n").skip(1).filter_map(|block| block.lines().next()).collect();
    assert_eq!(
        commands[..2],
        ["SECRET=s3cret cargo run -p quickstart", "cargo test --workspace"],
        "the first two commands"
    );
    assert!(ALL.len() > 200, "`more than 200 providers`: {}", ALL.len());
    let reason = VerifyError::InvalidSignature;
    for (file, refusal) in [
        ("README.md", format!("\n401 order_paid: refused: {reason}\n")),
        (
            "webhook-runtime/src/guide/quickstart.md",
            format!("\n401 order_paid: refused: {reason}\n"),
        ),
        ("webhook-runtime/src/guide/operating.md", format!("refused reason={reason}\n")),
    ] {
        assert!(read(file).contains(&refusal), "{file}: {refusal}");
    }
    let listed = format!("  POST /webhook  order_paid  ({})\n", HMAC_SHA256_HEX.name());
    assert!(readme.contains(&listed), "{listed}");
    let manifest = read("Cargo.toml");
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = "));
    let version = version.expect("a version").trim_matches('"');
    for file in ["README.md", "webhook-runtime/README.md"] {
        let says = read(file).contains(&format!("The minimum Rust version is {version}"));
        assert!(says, "{file}: {version}");
    }
    assert!(readme.contains(&format!("The first needs Rust {version} or later")));
}

/// Where it is published, there is no repository around it.
#[test]
fn the_readme_of_the_crate_has_no_relative_links() {
    let text = read("webhook-runtime/README.md");
    assert!(!text.contains("]("), "write whole addresses: <https://...>");
    assert!(text.contains("<https://docs.rs/webhook-runtime>"));
    assert!(read("webhook-runtime/Cargo.toml").contains("\nreadme = \"README.md\"\n"));
}

#[test]
fn the_quickstart_of_the_readme_is_the_example() {
    let readme = read("README.md");
    let (_, quickstart) = readme.split_once("```rust,no_run\n").expect("a block");
    let (quickstart, _) = quickstart.split_once("```").expect("its end");
    assert_eq!(quickstart, read("examples/quickstart/src/main.rs"));
}

#[test]
fn every_example_is_listed_with_its_command() {
    let list = read("examples/README.md");
    let examples = examples();
    assert!(examples.len() > 5, "{examples:?}");
    for name in examples {
        assert!(list.contains(&format!("| [`{name}`](#{name}) |")), "no row for {name}");
        let section =
            list.split("\n## ").find_map(|section| section.strip_prefix(&format!("{name}\n")));
        let section = section.unwrap_or_else(|| panic!("no section for {name}"));
        assert!(section.contains(&format!("cargo run -p {name}")), "no command for {name}");
    }
}

/// The folders of the examples that are programs.
fn examples() -> Vec<String> {
    let entries = fs::read_dir(path("examples")).expect("a folder");
    let names = entries.map(|entry| entry.expect("an example").file_name());
    let names = names.map(|name| name.into_string().expect("text"));
    names.filter(|name| path(&format!("examples/{name}/src/main.rs")).exists()).collect()
}

/// Files that the documents point to are there.
#[test]
fn no_link_leads_nowhere() {
    for file in [
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CHANGELOG.md",
        "examples/README.md",
        "docs/evidence.md",
        TABLE,
        ATTACKS,
    ] {
        let text = read(file);
        let folder = path(file).parent().expect("a folder").to_path_buf();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = target.split('#').next().unwrap_or_default();
            let is_elsewhere = target.contains("://") || target.is_empty();
            assert!(is_elsewhere || folder.join(target).exists(), "{file}: {target}");
        }
    }
}

/// Every attack that is listed says where it was seen, and is shown by tests that exist.
#[test]
fn every_attack_names_its_tests() {
    let list = read(ATTACKS);
    let rows = list.lines().filter(|line| line.starts_with("| ") && line.ends_with("` |"));
    let mut count = 0;
    for row in rows {
        let cells: Vec<_> = row.trim_matches(['|', ' ']).split(" | ").collect();
        let [what, seen, holds, shown_by] = cells[..] else { panic!("four cells: {row}") };
        assert!([what, seen, holds].iter().all(|cell| !cell.is_empty()), "{row}");
        for shown in shown_by.split(", ") {
            let shown = shown.trim_matches('`');
            let (file, name) = shown.split_once("::").unwrap_or_else(|| panic!("{shown}"));
            assert!(read(file).contains(&format!("fn {name}(")), "there is no {shown}");
        }
        count += 1;
    }
    let tables = list.lines().filter(|line| line.starts_with("| --- ")).count();
    let lines = list.lines().filter(|line| line.starts_with("| ")).count();
    assert_eq!(count, lines - 2 * tables, "each row ends with the name of a test");
}

/// And every test of an attack is listed.
#[test]
fn every_test_of_an_attack_is_listed() {
    const FOLDER: &str = "tests/tests/attacks";
    let list = read(ATTACKS);
    let mut files: Vec<_> = examples()
        .into_iter()
        .map(|name| format!("examples/{name}/tests/attacks.rs"))
        .filter(|file| path(file).exists())
        .collect();
    for entry in fs::read_dir(path(FOLDER)).expect("a folder") {
        let name = entry.expect("a file").file_name();
        files.push(format!("{FOLDER}/{}", name.to_str().expect("text")));
    }
    let mut count = 0;
    for file in files {
        let text = read(&file);
        let lines: Vec<_> = text.lines().collect();
        for pair in lines.windows(2).filter(|pair| is_test(pair[0])) {
            let name = pair[1].trim_start_matches("async ").trim_start_matches("fn ");
            let name = name.split('(').next().unwrap_or_default();
            assert!(list.contains(&format!("`{file}::{name}`")), "{ATTACKS} lacks {name}");
            count += 1;
        }
    }
    assert!(count > 30, "{count}");
}

fn is_test(line: &str) -> bool {
    line == "#[test]" || line.starts_with("#[tokio::test")
}

#[test]
fn every_constant_is_in_one_group() {
    let mut listed: Vec<_> = groups().into_iter().flat_map(|(_, constants)| constants).collect();
    listed.sort_unstable();
    let mut constants: Vec<_> = known().iter().map(|known| known.constant).collect();
    constants.sort_unstable();
    assert_eq!(listed, constants, "providers/groups.md (left) and `ALL` (right)");
}

/// Search finds a provider under the names that the program `webhook` knows it by.
#[test]
fn every_other_name_is_an_alias_of_the_constant() {
    let names = read("webhook-cli/src/names.rs");
    let (_, aliases) = names.split_once("const ALIASES").expect("the list");
    let (aliases, _) = aliases.split_once("];").expect("its end");
    let mut count = 0;
    for line in aliases.lines().filter(|line| line.trim_start().starts_with('(')) {
        // Every other piece between quotation marks is a name.
        let [alias, target] = line.split('"').skip(1).step_by(2).collect::<Vec<_>>()[..] else {
            panic!("two names: {line}")
        };
        let all = known();
        let known = all.iter().find(|known| known.provider.name() == target).expect("a provider");
        let constant = known.constant;
        let source = read(&format!("webhook-runtime/src/verify/providers/{}.rs", file(constant)));
        let (before, _) = source.split_once(&format!("pub const {constant}: ")).expect("it");
        let lines = before.lines().rev();
        let found = lines
            .take_while(|line| line.starts_with("#[") || line.starts_with("///"))
            .any(|line| line == format!("#[doc(alias = \"{alias}\")]"));
        // A name that is like the constant, but for dashes, or begins like it, is found without an alias.
        let begin = alias.replace('-', "_").to_ascii_uppercase();
        assert!(
            found || begin.starts_with(constant),
            "{constant} lacks #[doc(alias = \"{alias}\")]"
        );
        count += 1;
    }
    assert!(count > 20, "{count}");
}

/// The file that has a constant.
fn file(constant: &str) -> &'static str {
    let uses = MODULE.lines().filter_map(|line| line.strip_prefix("pub use "));
    let mut uses = uses.filter_map(|line| line.trim_end_matches(';').split_once("::"));
    let has = |names: &str| names.trim_matches(['{', '}']).split(", ").any(|it| it == constant);
    let (file, _) = uses.find(|(_, names)| has(names)).expect("a file");
    file.trim_start_matches("r#")
}

/// The groups, each with its constants.
fn groups() -> Vec<(&'static str, Vec<&'static str>)> {
    let mut groups: Vec<(&str, Vec<_>)> = Vec::new();
    for line in GROUPS.lines() {
        if let Some(title) = line.strip_prefix("* **") {
            groups.push((title.strip_suffix("**:").expect("a title"), Vec::new()));
        } else if let Some(link) = line.strip_prefix("  [`") {
            let (constant, target) = link.split_once("`](constant.").expect("a link");
            assert_eq!(target.trim_end_matches(','), format!("{constant}.html)"));
            groups.last_mut().expect("a group").1.push(constant);
        }
    }
    groups
}

/// A provider, with what only the source says of it.
struct Known {
    constant: &'static str,
    feature: String,
    provider: &'static Provider,
}

/// Every provider, by name. All features are on here, so that the list is as long as its source.
fn known() -> Vec<Known> {
    let mut condition = String::new();
    let mut all = Vec::new();
    for line in section("pub const ALL", "];").lines().map(str::trim) {
        let Some(constant) = line.strip_prefix('&') else {
            // A condition can have several lines.
            condition.push_str(line);
            continue;
        };
        let provider = ALL.get(all.len()).expect("as many as in the source");
        let constant = constant.trim_end_matches(',');
        // Every other piece between quotation marks is a feature.
        let features = condition.split('"').skip(1).step_by(2).map(|name| format!("`{name}`"));
        let feature = features.collect::<Vec<_>>().join(" and ");
        condition.clear();
        all.push(Known { constant, feature, provider });
    }
    assert_eq!(all.len(), ALL.len(), "as many as in the source");
    all.sort_by_key(|known| known.provider.name());
    all
}

fn section(from: &str, to: &str) -> &'static str {
    let (_, rest) = LIST.split_once(from).expect("its beginning");
    // Behind the type, which has brackets of its own.
    let (_, rest) = rest.split_once("= &[").expect("a list");
    rest.split_once(to).expect("its end").0
}

fn feature_rows(all: &[Known]) -> Vec<String> {
    let mut by_feature: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for known in all.iter().filter(|known| !known.feature.is_empty()) {
        by_feature.entry(&known.feature).or_default().push(known.constant);
    }
    by_feature
        .into_iter()
        .map(|(feature, constants)| format!("| {feature} | `{}` |", constants.join("`, `")))
        .collect()
}

fn document(all: &[Known]) -> String {
    let mut text = INTRODUCTION.to_owned();
    for (title, constants) in groups() {
        let _ = write!(text, "\n### {title}\n\n{SET_UP}");
        for known in all.iter().filter(|known| constants.contains(&known.constant)) {
            text.push_str(&set_up(known));
        }
    }
    text.push_str(SCHEMES);
    for known in all {
        text.push_str(&scheme(known.provider));
    }
    text.push_str(PLACES);
    for known in all {
        text.push_str(&places(known.provider));
    }
    text.push_str(coverage::INTRODUCTION);
    for known in all {
        text.push_str(&coverage::row(known.provider, time));
    }
    text.push_str("\n## Features\n\n| feature | for |\n| --- | --- |\n");
    for row in feature_rows(all) {
        text.push_str(&row);
        text.push('\n');
    }
    text
}

const INTRODUCTION: &str = "\
# Providers

<!-- Generated from the constants by tests/tests/docs.rs: UPDATE_DOCS=1 cargo test -p webhook-tests --test docs -->

Every constant in `webhook_runtime::providers`. The documentation of the constant explains the set-up,
and what is not signed.

* [Set-up](#set-up), by group: what a receiver needs, and what it can expect.
* [Schemes](#schemes): how each provider signs.
* [Ids and events](#ids-and-events): where a delivery has them.
* [What a signature covers](#what-a-signature-covers), and what it does not.
* [Features](#features) of the crate that some of them need.

## Set-up

* **name**: links to the provider's own documentation.
* **secret**: the encoding of the key in the text that the provider shows. *Fetched* keys need
  `Webhooks::key_source`.
* **waits** and **retries**: the time-out of the provider, and the time for which it retries, if it
  documents them.
* **asks**: it sends handshakes, which the crate answers for you.
";

const SET_UP: &str = "\
| name | constant | feature | secret | waits | retries | asks |
| --- | --- | --- | --- | --- | --- | --- |
";

const SCHEMES: &str = "
## Schemes

* **signature**: its location in the request, with `…` in its place, and its encoding.
* **signed**: the text that is signed. `{timestamp}` and `{id}` are in headers of their own, or in
  the signature header. `{url}` is the public URL: `Webhooks::public_url`. *In code*: the scheme is
  code, and the column lists what it covers. Of PayPal's body, it is only a checksum, which does not
  protect the body.
* **window**: the maximum age of a delivery, and how far it may be ahead of this machine's clock.
  *Any*: the provider signs a time, but defines no window; set one with `tolerance` in the
  attribute. Empty: no time is signed.

| name | algorithm | signature | signed | window |
| --- | --- | --- | --- | --- |
";

const PLACES: &str = "
## Ids and events

Headers, or JSON pointers into the body. *Signed*: the signature covers the value. Other values may
have been changed in transit. `*`: one request has many events, and a handler is called for each.

| name | id | event |
| --- | --- | --- |
";

fn set_up(known: &Known) -> String {
    let Known { constant, feature, provider } = known;
    let name = match provider.docs_url() {
        "" => provider.name().to_owned(),
        url => format!("[{}]({url})", provider.name()),
    };
    row([
        name,
        format!("`{constant}`"),
        feature.clone(),
        secret(provider),
        provider.response_timeout().map(time).unwrap_or_default(),
        provider.retry_period().map(time).unwrap_or_default(),
        if provider.has_handshakes() { "yes" } else { "" }.to_owned(),
    ])
}

fn scheme(provider: &Provider) -> String {
    row([
        provider.name().to_owned(),
        provider.scheme_info().summary.to_owned(),
        signature(provider),
        signed(provider),
        window(provider),
    ])
}

fn places(provider: &Provider) -> String {
    let batch = provider.batch();
    row([
        provider.name().to_owned(),
        match batch {
            Some(items) => place_in_items(provider, items, items.id()),
            None => place(provider, provider.id()),
        },
        match batch.filter(|items| items.event().is_some()) {
            Some(items) => place_in_items(provider, items, items.event()),
            None => place(provider, provider.event()),
        },
    ])
}

fn row<const N: usize>(cells: [String; N]) -> String {
    // A bar would be the end of a cell.
    format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
}

fn secret(provider: &Provider) -> String {
    let info = provider.scheme_info();
    let text = match provider.scheme().map(Scheme::key_encoding) {
        _ if !info.needs_secret => return "*fetched*".to_owned(),
        // What is not fetched is an id or the like.
        None if info.fetches_keys => return "text, and a *fetched* key".to_owned(),
        _ if !info.secret_parts.is_empty() => format!("`{}`", info.secret_parts.join(":")),
        None => return "see its docs".to_owned(),
        Some(KeyEncoding::Text) => "text".to_owned(),
        Some(KeyEncoding::Hex) => "hex".to_owned(),
        Some(KeyEncoding::Base64) => "base64".to_owned(),
        Some(KeyEncoding::PrefixedBase64(prefix)) => format!("base64 after `{prefix}`"),
        Some(KeyEncoding::PrefixedBase64OrText(prefix)) => {
            format!("base64 after `{prefix}`, or text")
        }
        Some(KeyEncoding::AsciiText) => "ASCII text".to_owned(),
        Some(KeyEncoding::HtmlEscaped) => "text, with HTML entities decoded".to_owned(),
        Some(KeyEncoding::Pem) => "PEM".to_owned(),
        Some(other) => panic!("a word for {other:?} is missing here"),
    };
    if info.key_pair.is_some() { format!("public key, {text}") } else { text }
}

fn signature(provider: &Provider) -> String {
    match (provider.scheme(), provider.scheme_info().signature_header) {
        (Some(scheme), _) if is_credential(scheme) => format!("`{}`", scheme.signature_pattern()),
        (Some(scheme), _) => format!("`{}` {}", scheme.signature_pattern(), scheme.encoding()),
        (None, "") => "in the body".to_owned(),
        (None, header) => format!("`{header}`"),
    }
}

/// Whether the secret itself is sent.
fn is_credential(scheme: &Scheme) -> bool {
    matches!(scheme.algorithm(), "token" | "basic auth")
}

fn signed(provider: &Provider) -> String {
    if let Some(scheme) = provider.scheme() {
        return if is_credential(scheme) {
            "nothing".to_owned()
        } else {
            format!("`{}`", scheme.signed_pattern())
        };
    }
    let info = provider.scheme_info();
    let mut parts = Vec::new();
    if info.signs_body {
        parts.push("body".to_owned());
    }
    parts.extend(info.signed_pointers.iter().map(|pointer| format!("`{pointer}`")));
    if info.signs_url {
        parts.push("public URL".to_owned());
    }
    if info.signs_time {
        parts.push("time".to_owned());
    }
    if parts.is_empty() { "nothing".to_owned() } else { format!("*in code*: {}", parts.join(", ")) }
}

fn window(provider: &Provider) -> String {
    let Some(scheme) = provider.scheme() else {
        return if provider.scheme_info().signs_time { "see its docs" } else { "" }.to_owned();
    };
    let Some(timestamp) = scheme.signed_timestamp() else { return String::new() };
    match (timestamp.max_age(), timestamp.max_ahead()) {
        (None, None) => "any".to_owned(),
        (past, future) => {
            let [past, future] = [past, future].map(|window| window.map_or("any".to_owned(), time));
            format!("{past} / {future}")
        }
    }
}

fn place(provider: &Provider, source: Option<Field>) -> String {
    let Some(source) = source else { return String::new() };
    let place = match source {
        Field::Header(name) => name,
        Field::Pointer(pointer) => pointer,
        other => panic!("a word for {other:?} is missing here"),
    };
    let signed = if provider.signs(source) { ", signed" } else { "" };
    format!("`{place}`{signed}")
}

/// A place in every event of a batch.
fn place_in_items(provider: &Provider, items: &BatchLayout, pointer: Option<&str>) -> String {
    let Some(pointer) = pointer else { return String::new() };
    let (array, inside) = (items.array(), items.inner().unwrap_or_default());
    let signed = if coverage::is_signed_in_item(provider, pointer) { ", signed" } else { "" };
    format!("`{array}/*{inside}{pointer}`{signed}")
}

/// As people write it: `1 h 25 min`.
fn time(duration: Duration) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    assert_eq!(duration.subsec_nanos(), 0, "a word for {duration:?} is missing here");
    let mut left = duration.as_secs();
    let mut parts = Vec::new();
    for (unit, name) in UNITS {
        if left >= unit {
            parts.push(format!("{} {name}", left / unit));
            left %= unit;
        }
    }
    if parts.is_empty() { "0 s".to_owned() } else { parts.join(" ") }
}
