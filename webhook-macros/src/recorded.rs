//! `recorded!`: a test of each recording in a directory.
//!
//! The compiler runs the macro, so the list of files is as old as the tests. One more test compares it
//! with the directory.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote};
use std::{collections::BTreeSet, env, fs, path::Path};
use syn::{
    Error, Expr, LitStr, Result, Token,
    parse::{Parse, ParseStream},
};

/// The ending of the names of recordings.
const ENDING: &str = ".http";

const FORM: &str =
    "`recorded!(handler, \"tests/deliveries\")`, and after it `state = …` or `hooks = …`";

/// The arguments of the macro, after the path of the runtime.
struct Recorded {
    runtime: TokenTree,
    module: Ident,
    handler: syn::Path,
    directory: LitStr,
    source: Source,
}

/// The origin of the webhooks of the tests.
enum Source {
    State(Expr),
    Hooks(Expr),
}

pub(crate) fn recorded(input: TokenStream) -> TokenStream {
    let package = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    syn::parse2::<Recorded>(input)
        .and_then(|recorded| recorded.expand(Path::new(&package)))
        .unwrap_or_else(Error::into_compile_error)
}

impl Parse for Recorded {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let runtime = input.parse()?;
        let mut module = Ident::new("recorded", Span::call_site());
        if input.peek(Token![mod]) {
            input.parse::<Token![mod]>()?;
            module = input.parse()?;
            input.parse::<Token![,]>()?;
        }
        let handler = input.parse().map_err(|error| or_form(&error))?;
        comma(input)?;
        let directory = input.parse().map_err(|error| or_form(&error))?;
        let mut source = Source::State(syn::parse_quote!(()));
        if !input.is_empty() {
            comma(input)?;
        }
        if !input.is_empty() {
            let option: Ident = input.parse().map_err(|error| or_form(&error))?;
            input.parse::<Token![=]>()?;
            let value = input.parse()?;
            source = match option.to_string().as_str() {
                "state" => Source::State(value),
                "hooks" => Source::Hooks(value),
                _ => return Err(Error::new(option.span(), format!("no such option: {FORM}"))),
            };
            input.parse::<Option<Token![,]>>()?;
        }
        if !input.is_empty() {
            return Err(input.error(FORM));
        }
        Ok(Self { runtime, module, handler, directory, source })
    }
}

fn comma(input: ParseStream<'_>) -> Result<()> {
    input.parse::<Token![,]>().map(drop).map_err(|error| or_form(&error))
}

/// The same error, with the form of the macro.
fn or_form(error: &Error) -> Error {
    Error::new(error.span(), format!("{error}: write {FORM}"))
}

impl Recorded {
    fn expand(&self, package: &Path) -> Result<TokenStream> {
        let Self { runtime, module, handler, directory, .. } = self;
        let relative = directory.value();
        let relative = relative.trim_end_matches('/');
        let files = recordings(&package.join(relative), relative)
            .map_err(|problem| Error::new(directory.span(), problem))?;
        let hooks = match &self.source {
            Source::State(state) => {
                quote!(#runtime::Webhooks::new().mount::<#handler>().test(#state))
            }
            Source::Hooks(hooks) => quote!(#hooks),
        };
        let tests = names(&files).into_iter().zip(&files).map(|(name, file)| {
            let file = format!("{relative}/{file}");
            let from_package = format!("/{file}");
            quote! {
                #[test]
                fn #name() {
                    // Here, so that a test with the name of a function does not hide it.
                    #[allow(unused_imports, reason = "the expression may need nothing of it")]
                    use super::*;
                    #runtime::testing::check_recording(
                        || #hooks,
                        #file,
                        ::core::include_bytes!(
                            ::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #from_package)
                        ),
                    );
                }
            }
        });
        let from_package = format!("/{relative}");
        Ok(quote! {
            mod #module {
                #(#tests)*

                #[test]
                fn every_recording_has_a_test() {
                    #runtime::testing::check_directory(
                        ::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #from_package),
                        &[#(#files),*],
                        ::core::file!(),
                    );
                }
            }
        })
    }
}

/// The names of the recordings in a directory, in their order.
fn recordings(directory: &Path, shown: &str) -> std::result::Result<Vec<String>, String> {
    if Path::new(shown).is_absolute() {
        return Err(format!(
            "`{shown}` is not a path inside the package, such as `tests/deliveries`"
        ));
    }
    let how = format!("`webhook listen --record {shown}` records deliveries");
    let entries = fs::read_dir(directory)
        .map_err(|_| format!("the package has no directory `{shown}`: {how}"))?;
    let entries = entries.flatten().filter(|entry| entry.path().is_file());
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut files: Vec<_> = names.filter(|name| name.ends_with(ENDING)).collect();
    if files.is_empty() {
        return Err(format!("there is no recording (`*{ENDING}`) in `{shown}`: {how}"));
    }
    files.sort_unstable();
    Ok(files)
}

/// The names of the tests of these files, each one once.
fn names(files: &[String]) -> Vec<Ident> {
    let mut taken = BTreeSet::from(["every_recording_has_a_test".to_owned()]);
    let mut name_of = |file: &String| {
        let stem = file.strip_suffix(ENDING).unwrap_or(file).to_lowercase();
        let letters = stem.chars().map(|it| if it.is_ascii_alphanumeric() { it } else { '_' });
        let letters: String = letters.collect();
        // Digits begin no name, and some words are Rust's own.
        let plain = syn::parse_str::<Ident>(&letters).is_ok();
        let name = if plain { letters } else { format!("delivery_{letters}") };
        let mut unique = name.clone();
        for number in 2.. {
            if taken.insert(unique.clone()) {
                break;
            }
            unique = format!("{name}_{number}");
        }
        format_ident!("{unique}")
    };
    files.iter().map(&mut name_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory with these files, removed when dropped.
    struct Package(std::path::PathBuf);

    impl Package {
        fn new(name: &str, files: &[&str]) -> Self {
            let path = env::temp_dir().join(format!("recorded-{name}-{}", std::process::id()));
            fs::create_dir_all(path.join("tests/deliveries")).expect("a directory");
            for file in files {
                fs::write(path.join("tests/deliveries").join(file), "").expect("a file");
            }
            Self(path)
        }

        fn expand(&self, input: &str) -> String {
            let input = input.parse().expect("tokens");
            let recorded = syn::parse2::<Recorded>(input);
            match recorded.and_then(|recorded| recorded.expand(&self.0)) {
                Ok(code) => prettyplease::unparse(&syn::parse2(code).expect("items")),
                Err(error) => error.to_string(),
            }
        }
    }

    impl Drop for Package {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn each_file_is_a_test() {
        let package = Package::new("each", &["push.http", "1760000000123-000001.http", "notes.md"]);
        let code = package.expand(r#"runtime github, "tests/deliveries/""#);
        for part in [
            "mod recorded {",
            "fn delivery_1760000000123_000001() {",
            "fn push() {",
            "\"tests/deliveries/push.http\",",
            "\"/tests/deliveries/push.http\"",
            "|| runtime::Webhooks::new().mount::<github>().test(()),",
            "&[\"1760000000123-000001.http\", \"push.http\"],",
        ] {
            assert!(code.contains(part), "{part}: {code}");
        }
        assert_eq!(code.matches("#[test]").count(), 3, "{code}");
        assert!(!code.contains("notes"), "{code}");
    }

    #[test]
    fn options_make_the_hooks() {
        let package = Package::new("options", &["a.http"]);
        let code = package.expand(r#"r mod own, a::b, "tests/deliveries", hooks = hooks(1),"#);
        assert!(code.contains("mod own {") && code.contains("|| hooks(1),"), "{code}");
        let code = package.expand(r#"r a, "tests/deliveries", state = 7"#);
        assert!(code.contains(".mount::<a>().test(7),"), "{code}");
    }

    #[test]
    fn names_are_those_of_functions() {
        let files =
            ["a b.http", "A-b.http", "fn.http", "é.http", "every_recording_has_a_test.http"];
        let names = names(&files.map(str::to_owned)).into_iter().map(|name| name.to_string());
        assert_eq!(
            names.collect::<Vec<_>>(),
            ["a_b", "a_b_2", "delivery_fn", "delivery__", "every_recording_has_a_test_2"]
        );
    }

    #[test]
    fn mistakes_say_what_to_do() {
        let package = Package::new("mistakes", &[]);
        for (input, says) in [
            (
                r#"r a, "tests/deliveries""#,
                "there is no recording (`*.http`) in `tests/deliveries`",
            ),
            (r#"r a, "/tests/deliveries""#, "`/tests/deliveries` is not a path inside the package"),
            (r#"r a, "tests/other/""#, "the package has no directory `tests/other`"),
            ("r", "write `recorded!(handler"),
            ("r a", "write `recorded!(handler"),
            ("r a, b", "write `recorded!(handler"),
            (r#"r a, "b" c"#, "write `recorded!(handler"),
            (r#"r a, "b", other = 1"#, "no such option"),
            (r#"r a, "b", state = 1, hooks = 2"#, "`recorded!(handler"),
        ] {
            let error = package.expand(input);
            assert!(error.contains(says), "{input}: {error}");
        }
    }
}
