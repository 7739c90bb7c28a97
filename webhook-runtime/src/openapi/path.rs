//! Paths: templates of `OpenAPI`, and their parameters.

use serde_json::{Value, json};

use crate::endpoint::fill_path;

/// The path of an endpoint as a template, behind a prefix. A parameter for the rest of the path is written
/// as any other: `OpenAPI` knows no such thing.
pub(super) fn template(prefix: &str, path: &str) -> String {
    let prefix = prefix.trim_matches('/');
    let prefix = if prefix.is_empty() { String::new() } else { format!("/{prefix}") };
    format!("{prefix}{}", path.replace("{*", "{"))
}

/// The URL of a path on a server, with the name of each parameter as its value.
pub(super) fn example_url(server: &str, template: &str) -> String {
    let path = fill_path(template, |name, _| Ok::<_, ()>(name.to_owned())).unwrap_or_default();
    format!("{server}{path}")
}

/// The parameters of a path, and of the prefix before it.
pub(super) fn parameters(prefix: &str, path: &str, are_tenant: bool) -> Vec<Value> {
    let whole = format!("{prefix}{path}");
    let names = whole.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    names
        .map(|name| {
            let (name, is_rest) = match name.strip_prefix('*') {
                Some(name) => (name, true),
                None => (name, false),
            };
            let mut words = Vec::new();
            if are_tenant {
                words.push("A part of the name of the tenant, whose secrets verify the delivery.");
            }
            if is_rest {
                words.push("The rest of the path, which may contain slashes.");
            }
            if words.is_empty() {
                words.push("A parameter of the path, which is not signed.");
            }
            json!({
                "name": name,
                "in": "path",
                "required": true,
                "description": words.join(" "),
                "schema": {"type": "string"},
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_templates() {
        for (prefix, path, expected) in [
            ("", "/a", "/a"),
            ("/", "/a/{b}", "/a/{b}"),
            ("/hooks/", "/a/{*rest}", "/hooks/a/{rest}"),
            ("hooks", "/", "/hooks/"),
        ] {
            assert_eq!(template(prefix, path), expected);
        }
    }

    #[test]
    fn examples_have_no_braces() {
        let url = example_url("https://a.example", "/hooks/{tenant}");
        assert_eq!(url, "https://a.example/hooks/tenant");
    }

    #[test]
    fn every_parameter_is_listed() {
        let all = parameters("/{shop}", "/a/{b}/{*rest}", false);
        let names: Vec<_> = all.iter().map(|it| it["name"].as_str().expect("a name")).collect();
        assert_eq!(names, ["shop", "b", "rest"]);
        assert!(all[2]["description"].as_str().expect("a text").contains("slashes"));
        assert!(parameters("", "/a", true).is_empty());
    }
}
