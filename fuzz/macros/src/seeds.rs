//! The inputs of mutations: the uses of the macros in the snapshots and in the tests of messages.

use std::{fs, path::Path};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Item, Meta};

/// Right and wrong uses, and the words that occur in them.
pub(crate) struct Seeds {
    /// An attribute and its function.
    pub(crate) attributes: Vec<(TokenStream, TokenStream)>,
    /// Enums below the derive.
    pub(crate) derives: Vec<TokenStream>,
    pub(crate) words: Vec<TokenTree>,
}

/// Words that no seed has, and what lies between tokens.
const WORDS: &str = r##"
    _ .. ..= => -> :: : ; , = == & && | || ! ? # $ @ ~ + - * / % ^ < > ' 'a 'static '_ . 0 1.5 1. 1e3
    500ms 5u64 99999999999999999999 0xff b"bytes" c"text" 'c' b'c' "" "ü" "\0" "{" "/{{" "/}" "/{a}/{*a}"
    r#"raw"# "A,B" self Self super crate impl dyn for fn async unsafe extern const static mut ref move box
    where use struct enum union mod macro_rules r#type r#path r#fn r#provider r#max_body true false webhook event other
    strict test main cfg cfg_attr deprecated doc hidden Option Result Json Tx Delivery UnknownEvent Cow str
"##;

pub(crate) fn read() -> Seeds {
    let mut seeds = Seeds { attributes: Vec::new(), derives: Vec::new(), words: Vec::new() };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folders = ["webhook-macros/snapshots", "tests/ui", "tests/tests/right"];
    for folder in folders {
        folder_of(&root.join(folder), &mut seeds);
    }
    assert!(seeds.attributes.len() > 100 && seeds.derives.len() > 40, "the seeds are there");
    let extra: TokenStream = WORDS.parse().expect("these are tokens");
    let all = seeds.attributes.iter().flat_map(|(attr, item)| [attr, item]);
    let mut words = extra.into_iter().collect::<Vec<_>>();
    for stream in all.chain(&seeds.derives) {
        words_of(stream.clone(), &mut words);
    }
    words.sort_by_cached_key(ToString::to_string);
    words.dedup_by_key(|word| word.to_string());
    seeds.words = words;
    seeds
}

/// The folder and those in it, in the order of their names, so that numbers of cases stay the same.
fn folder_of(folder: &Path, seeds: &mut Seeds) {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            folder_of(&path, seeds);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path).expect("a source");
            if let Ok(file) = syn::parse_file(&source) {
                for item in file.items {
                    uses(item, seeds);
                }
            }
        }
    }
}

fn uses(mut item: Item, seeds: &mut Seeds) {
    match &mut item {
        Item::Mod(module) => {
            let items = module.content.take().map(|(_, items)| items).unwrap_or_default();
            for item in items {
                uses(item, seeds);
            }
        }
        Item::Fn(function) => {
            if let Some(meta) = take(&mut function.attrs, "webhook") {
                let attribute = match meta {
                    Meta::List(list) => list.tokens,
                    _ => TokenStream::new(),
                };
                seeds.attributes.push((attribute, item.into_token_stream()));
            }
        }
        Item::Enum(events) => {
            let shown = events.to_token_stream().to_string();
            if shown.contains("WebhookEvent") && take(&mut events.attrs, "derive").is_some() {
                seeds.derives.push(item.into_token_stream());
            }
        }
        _ => {}
    }
}

fn take(attrs: &mut Vec<Attribute>, name: &str) -> Option<Meta> {
    let at = attrs.iter().position(|attr| attr.path().is_ident(name))?;
    Some(attrs.remove(at).meta)
}

fn words_of(stream: TokenStream, words: &mut Vec<TokenTree>) {
    for token in stream {
        if let TokenTree::Group(group) = &token {
            words_of(group.stream(), words);
        }
        if token.to_string().len() < 60 {
            words.push(token);
        }
    }
}
