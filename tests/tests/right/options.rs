//! Options, in every form that is right.

use std::time::Duration;

use webhook_runtime::{Provider, providers, webhook};

use crate::right;

const GITHUB: Provider = providers::GITHUB;
const LIMIT: Duration = Duration::from_secs(2);

mod hooks {
    pub(crate) use webhook_runtime as framework;

    pub(crate) mod glob {
        pub(crate) use webhook_runtime::*;
    }
}

mod facade {
    // Everything of the runtime is in this module, as in a crate that passes it on.
    pub(crate) use webhook_runtime::*;

    #[webhook(path = "/self", crate = self)]
    pub(crate) async fn by_self(n: u8) -> String {
        n.to_string()
    }

    pub(crate) mod inner {
        #[super::webhook(path = "/super", crate = super)]
        pub(crate) async fn by_super(n: u8) -> String {
            n.to_string()
        }
    }
}

macro_rules! options {
    ($($handler:ident($($option:tt)*);)*) => { $(
        #[webhook($($option)*)]
        async fn $handler(n: u8) -> String {
            n.to_string()
        }
    )* };
}

options! {
    trailing_comma(path = "/a",);
    raw_string(path = r"/a");
    hashed_string(path = r#"/a"#);
    escaped_string(path = "/\x61");
    root(path = "/");
    trailing_slash(path = "/a/");
    twice_a_slash(path = "/a//b");
    escaped_path(path = "/%C3%BC");
    well_known(path = "/.well-known/hook.json");
    many_marks(path = "/a-b_c~d!e$f&g'h(i)j+k,l;m=n@o:p");
    lower_case_variable(path = "/a", secret_env = "stripe_webhook_secret_2");
    long_variable(path = "/a", secret_env = "GITHUB_WEBHOOK_SECRET_PRODUCTION_2026");
    one_in_an_array(path = "/a", secret_env = ["A"]);
    array_with_a_comma(path = "/a", secret_env = ["A", "B",]);
    raw_key(r#path = "/a");
    raw_keys(r#path = "/a", r#provider = GITHUB, r#max_body = 7);
    provider_by_path(path = "/a", provider = self::GITHUB);
    provider_in_a_block(path = "/a", provider = { const GITHUB: Provider = self::GITHUB; GITHUB });
    provider_changed(path = "/a", provider = providers::GITHUB.with_ack_status(200));
    tolerance(path = "/a", provider = providers::STRIPE, tolerance = LIMIT.saturating_mul(2));
    duration_from_millis(path = "/a", respond_within = Duration::from_millis(1_500));
    duration_by_constant(path = "/a", respond_within = LIMIT);
    body_by_shift(path = "/a", max_body = 1 << 20);
    body_by_constant(path = "/a", max_body = webhook_runtime::DEFAULT_MAX_BODY);
    body_by_cast(path = "/a", max_body = u16::MAX as usize);
    crate_by_path(path = "/a", crate = hooks::framework);
    crate_by_crate(path = "/a", crate = crate::options::hooks::glob);
    crate_by_colons(path = "/a", crate = ::webhook_runtime);
    path_last(max_body = 7, path = "/a");
}

#[webhook(path = "/{größe}")]
async fn parameter_with_letters(n: u8) -> String {
    n.to_string()
}

right! { options_of_every_kind, 32:
    trailing_comma: 1 => "1",
    raw_string: 1 => "1",
    hashed_string: 1 => "1",
    escaped_string: 1 => "1",
    root: 1 => "1",
    trailing_slash: 1 => "1",
    twice_a_slash: 1 => "1",
    escaped_path: 1 => "1",
    well_known: 1 => "1",
    many_marks: 1 => "1",
    lower_case_variable: 1 => "1",
    long_variable: 1 => "1",
    one_in_an_array: 1 => "1",
    array_with_a_comma: 1 => "1",
    raw_key: 1 => "1",
    raw_keys: 1 => "1",
    provider_by_path: 1 => "1",
    provider_in_a_block: 1 => "1",
    provider_changed: 1 => "1",
    tolerance: 1 => "1",
    duration_from_millis: 1 => "1",
    duration_by_constant: 1 => "1",
    body_by_shift: 1 => "1",
    body_by_constant: 1 => "1",
    body_by_cast: 1 => "1",
    crate_by_path: 1 => "1",
    crate_by_crate: 1 => "1",
    crate_by_colons: 1 => "1",
    path_last: 1 => "1",
    parameter_with_letters ["größe" = "ü"]: 1 => "1",
    facade::by_self: 1 => "1",
    facade::inner::by_super: 1 => "1",
}
