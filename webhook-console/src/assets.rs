//! The stylesheet, the script and the icon. The hash of its content is in the path of each, so that a
//! browser keeps it until it changes.

use std::sync::LazyLock;

use axum::{
    extract::Path,
    response::{IntoResponse as _, Response},
};
use http::{StatusCode, header};
use sha2::{Digest as _, Sha256};

/// A file that pages refer to.
pub(crate) struct Asset {
    name: &'static str,
    content_type: &'static str,
    content: &'static str,
    hash: LazyLock<String>,
}

macro_rules! asset {
    ($name:literal, $content_type:literal) => {
        Asset {
            name: $name,
            content_type: $content_type,
            content: include_str!(concat!("../assets/", $name)),
            hash: LazyLock::new(|| hash(include_str!(concat!("../assets/", $name)))),
        }
    };
}

pub(crate) static STYLE: Asset = asset!("console.css", "text/css; charset=utf-8");
pub(crate) static SCRIPT: Asset = asset!("console.js", "text/javascript; charset=utf-8");
pub(crate) static ICON: Asset = asset!("icon.svg", "image/svg+xml");

impl Asset {
    /// The path below the console.
    pub(crate) fn path(&self) -> String {
        format!("assets/{}.{}", self.name, *self.hash)
    }
}

fn hash(content: &str) -> String {
    let digest = Sha256::digest(content.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    format!("{:016x}", u64::from_be_bytes(first))
}

/// Serves an asset. It holds nothing of a delivery, and is kept for a year.
pub(crate) async fn serve(Path(name): Path<String>) -> Response {
    let found = [&STYLE, &SCRIPT, &ICON].into_iter().find(|asset| {
        name.strip_prefix(asset.name).and_then(|rest| rest.strip_prefix('.')) == Some(&asset.hash)
    });
    match found {
        Some(asset) => {
            let headers = [
                (header::CONTENT_TYPE, asset.content_type),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ];
            (headers, asset.content).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
