//! Types of the user's own, named like those of axum, of the runtime and of the standard library.

use axum::{extract::FromRequestParts, http::request::Parts};
use serde::Deserialize;
use webhook_runtime::webhook;

use crate::right;

/// For each name: a payload, an extractor, and a function for either.
macro_rules! named {
    ($($name:ident: $payload:ident $extractor:ident,)*) => {
        mod own {
            $(
                #[derive(serde::Deserialize)]
                pub(crate) struct $name {
                    pub(crate) n: u8,
                }
            )*
        }

        mod parts {
            use super::{FromRequestParts, Parts};

            $(
                pub(crate) struct $name(pub(crate) usize);

                impl<S: Sync> FromRequestParts<S> for $name {
                    type Rejection = ();

                    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ()> {
                        Ok(Self(parts.uri.path().len()))
                    }
                }
            )*
        }

        $(
            #[webhook(path = "/payload")]
            async fn $payload(own: own::$name) -> std::string::String {
                format!("{} {}", stringify!($name), own.n)
            }

            #[webhook(path = "/parts")]
            async fn $extractor(parts: parts::$name, n: u8) -> std::string::String {
                format!("{} {}", parts.0, n)
            }
        )*

        #[tokio::test]
        async fn types_with_known_names_in_modules() {
            $(
                let expected = concat!(stringify!($name), " 7");
                crate::delivers::<$payload>(serde_json::json!({"n": 7}), &[], expected).await;
                crate::delivers::<$extractor>(serde_json::json!(7), &[], "6 7").await;
            )*
        }
    };
}

named! {
    Body: body body_parts,
    Bytes: bytes bytes_parts,
    ConnectInfo: connect_info connect_info_parts,
    Delivery: delivery delivery_parts,
    Extension: extension extension_parts,
    Form: form form_parts,
    HeaderMap: header_map header_map_parts,
    Host: host host_parts,
    Json: json json_parts,
    MatchedPath: matched_path matched_path_parts,
    Method: method method_parts,
    Multipart: multipart multipart_parts,
    OriginalUri: original_uri original_uri_parts,
    Path: path path_parts,
    Query: query query_parts,
    RawForm: raw_form raw_form_parts,
    RawPathParams: raw_path_params raw_path_params_parts,
    RawQuery: raw_query raw_query_parts,
    Request: request request_parts,
    State: state state_parts,
    String: string string_parts,
    Tx: tx tx_parts,
    TypedHeader: typed_header typed_header_parts,
    UnknownEvent: unknown_event unknown_event_parts,
    Uri: uri uri_parts,
}

/// Generic ones, which have the arguments of axum's.
mod generic {
    #[derive(serde::Deserialize)]
    pub(crate) struct Json<T> {
        pub(crate) data: T,
    }

    #[derive(serde::Deserialize)]
    pub(crate) struct Query<T> {
        pub(crate) data: T,
    }

    #[derive(serde::Deserialize)]
    pub(crate) struct Option<T> {
        pub(crate) data: T,
    }

    pub(crate) mod axum_like {
        #[derive(serde::Deserialize)]
        pub(crate) struct Form<T>(pub(crate) T);
    }
}

#[derive(Deserialize)]
struct Delivery {
    n: u8,
}

#[derive(Deserialize)]
struct Request<'a> {
    id: &'a str,
}

/// Without a type argument, it is not axum's.
#[derive(Deserialize)]
struct Path {
    n: u8,
}

macro_rules! by_the_crate {
    ($name:ident) => {
        #[webhook(path = "/crate")]
        async fn $name(own: $crate::names::own::Request) -> std::string::String {
            format!("{}", own.n)
        }
    };
}
by_the_crate!(dollar_crate);

#[webhook(path = "/json")]
async fn own_json(json: generic::Json<u8>) -> std::string::String {
    json.data.to_string()
}

#[webhook(path = "/query")]
async fn own_query(query: self::generic::Query<Vec<u8>>) -> std::string::String {
    query.data.len().to_string()
}

#[webhook(path = "/option")]
async fn own_option(option: generic::Option<own::Method>) -> std::string::String {
    option.data.n.to_string()
}

#[webhook(path = "/form")]
async fn own_form(form: generic::axum_like::Form<u8>) -> std::string::String {
    form.0.to_string()
}

#[webhook(path = "/optional")]
async fn optional(method: Option<own::Method>) -> std::string::String {
    method.map_or(0, |method| method.n).to_string()
}

#[webhook(path = "/listed")]
async fn listed(methods: Vec<own::Method>) -> std::string::String {
    methods.len().to_string()
}

#[webhook(path = "/result")]
async fn nested(request: Box<own::Request>) -> std::string::String {
    request.n.to_string()
}

#[webhook(path = "/bare")]
async fn by_self(delivery: self::Delivery) -> std::string::String {
    delivery.n.to_string()
}

#[webhook(path = "/borrowed")]
async fn borrowed(request: Request<'_>) -> std::string::String {
    request.id.to_owned()
}

#[webhook(path = "/plain")]
async fn plain(path: Path) -> std::string::String {
    path.n.to_string()
}

#[webhook(path = "/crate")]
async fn by_crate(own: crate::names::own::Tx) -> std::string::String {
    own.n.to_string()
}

mod inner {
    use webhook_runtime::webhook;

    #[webhook(path = "/super")]
    pub(crate) async fn by_super(own: super::own::Extension) -> std::string::String {
        own.n.to_string()
    }
}

right! { types_by_their_paths, 13:
    dollar_crate: {"n": 1} => "1",
    own_json: {"data": 2} => "2",
    own_query: {"data": [1, 2, 3]} => "3",
    own_option: {"data": {"n": 4}} => "4",
    own_form: 5 => "5",
    optional: {"n": 6} => "6",
    listed: [{"n": 1}] => "1",
    nested: {"n": 8} => "8",
    by_self: {"n": 9} => "9",
    borrowed: {"id": "ten"} => "ten",
    plain: {"n": 11} => "11",
    by_crate: {"n": 12} => "12",
    inner::by_super: {"n": 13} => "13",
}
