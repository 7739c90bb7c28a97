//! The conformance suite: attacks that every receiver of webhooks must withstand. It tests handlers
//! of this framework and any other receiver.
//!
//! [`conformance!`](crate::testing::conformance!) generates a test of every case. [`CASES`] is the
//! list of cases, for programs that run them in another way.
//!
//! A case may not apply: for example, there is no stale delivery if no time is signed. That is
//! [`Verdict::NotApplicable`]. The test passes, and prints the reason (`cargo test --
//! --show-output`). [`expect_cases`](Target::expect_cases) makes such a test fail. If the signature
//! is in the body (Mailgun, Adyen), the signature cases change that field of the JSON or the form,
//! but cases that need a scheme written as data, such as malformed timestamps, do not apply. Cases
//! marked *strict* check that lenient parsing, which is no forgery, is refused. They apply to
//! endpoints of this framework, and to others with [`strict`](Target::strict). Providers whose
//! signature only the provider can make cannot be tested: AWS SNS, PayPal, Plaid and others.
//!
//! | case | checks | if |
//! | --- | --- | --- |
//! | `genuine_delivery_is_accepted` | the sample is accepted, and handled once | |
//! | `raw_bytes_are_verified` | JSON with odd spaces, escapes and order is accepted as signed | the whole body is signed |
//! | `signature_of_rewritten_json_is_refused` | a signature of the re-serialized JSON does not match | the whole body is signed |
//! | `replay_gets_the_same_response` | the same bytes get the same status within the window; deduplication is up to the handler | |
//! | `replays_are_handled_once` | the same delivery again, and a retry that is signed anew | `deduplicates`, and handled deliveries are counted |
//! | `unsigned_ids_make_no_new_delivery` | a known delivery is not handled again under another unsigned id | an id is signed, and the receiver deduplicates |
//! | `tampered_body_is_refused` | one bit changed, in many places | the body is signed, or fields of it |
//! | `longer_and_shorter_bodies_are_refused` | more or fewer bytes than were signed, also white space | the whole body is signed |
//! | `all_of_a_large_body_is_verified` | a byte changed or added far behind the start | the whole body is signed |
//! | `large_forgeries_are_refused` | up to 1 MiB, unsigned and forged | |
//! | `invalid_utf8_is_not_repaired` | bytes are verified, not text | the whole body is signed |
//! | `forgery_is_refused_before_parsing` | nothing is parsed before it is verified | the signature is not in the body |
//! | `forged_delivery_is_refused` | another secret | |
//! | `many_forgeries_are_all_refused` | 300 in a row | |
//! | `empty_secret_is_refused` | a signature with an empty key | there is a shared secret |
//! | `well_known_secrets_are_refused` | `secret`, `test`, `undefined`, `***` and others | there is a shared secret |
//! | `every_live_secret_is_accepted` | rotation: the old secret works beside the new one | there is more than one secret |
//! | `verification_cannot_be_switched_off` | headers and parameters that disable checks | |
//! | `sender_headers_are_not_trusted` | `User-Agent`, `X-Forwarded-For` and others prove nothing | |
//! | `unrelated_credentials_are_not_trusted` | `Authorization`, cookies and API keys that are not the provider's | |
//! | `test_events_are_verified_too` | `ping`, `test` and others, unsigned and forged | |
//! | `other_tenants_secret_is_refused` | a tenant's secret does not work for another tenant | `other_tenant` is given |
//! | `unknown_tenant_is_refused` | path parameters of no tenant | a secret source or `other_tenant`, and parameters in the path |
//! | `unsigned_delivery_is_refused` | no signature at all | |
//! | `missing_headers_are_refused` | each header that the signature needs, missing or empty | the signature is in headers |
//! | `bad_header_after_good_one_is_refused` | a receiver that takes the first of two; other receivers may, unless they are strict | the signature is in headers |
//! | `good_header_after_bad_one_is_refused` | a receiver that takes the last of two, or the one that verifies; other receivers may take the last | the signature is in headers |
//! | `duplicate_header_is_refused` | *strict*: the same header twice | the signature is in headers |
//! | `malformed_signatures_are_refused` | nonsense, long, short and not ASCII | |
//! | `empty_signature_is_refused` | nothing, spaces, quotes, a list without a signature | |
//! | `altered_signatures_are_refused` | each character changed in turn | the signature is a separate value |
//! | `truncated_signatures_are_refused` | cut off at every length, from both ends | |
//! | `extended_signatures_are_refused` | more at either end | |
//! | `signature_without_its_prefix_is_refused` | `sha256=` and the like are not optional | there is a prefix |
//! | `other_algorithms_are_refused` | the request chooses neither the algorithm nor the header, and a digest without a key is none | the scheme is an HMAC |
//! | `other_versions_are_refused` | the request does not choose the version | signatures have versions |
//! | `good_signature_among_others_is_accepted` | rotation: a wrong one before or behind it | signatures are a list |
//! | `signature_list_is_bounded` | a thousand signatures; *strict*: refused | signatures are a list |
//! | `lenient_encodings_are_refused` | *strict*: upper case, other alphabets, white space | |
//! | `delivery_inside_the_window_is_accepted` | the edges of the window | a time is signed |
//! | `stale_delivery_is_refused` | older than the window | a time is signed |
//! | `delivery_from_the_future_is_refused` | ahead of the window; *strict* for Stripe, whose own libraries look at the age only | a time is signed |
//! | `malformed_timestamps_are_refused` | numbers that are not times, correctly signed | a time is signed, by a scheme written as data |
//! | `changed_timestamp_is_refused` | the signature covers the time | a time is signed, by a scheme written as data or in the body |
//! | `duplicate_timestamp_is_refused` | an old and a current time in one header | the time is in the header of the signature |
//! | `changed_id_is_refused` | the signature covers the id | an id is signed |
//! | `replay_after_the_window_is_refused` | a recorded delivery expires | a time is signed, and the test controls the clock |
//! | `other_methods_are_refused` | GET, PUT and others do not bypass the check | |
//! | `path_variants_are_no_bypass` | `/hook/`, `//hook`, `/HOOK`, `%2F` and others | |
//! | `method_overrides_are_no_bypass` | `X-HTTP-Method-Override` and `_method` | |
//! | `other_content_types_are_verified_too` | forms, multipart, text, and no type at all | |
//! | `oversized_body_is_refused` | more than `max_body`, declared | `max_body` is below 64 MiB |
//! | `oversized_chunked_body_is_refused` | more than `max_body`, undeclared | `max_body` is below 64 MiB |
//! | `compressed_body_is_refused` | *strict*: `Content-Encoding` | |
//! | `refusals_are_identical` | responses reveal nothing about the reason | |
//! | `host_headers_are_not_trusted` | `X-Forwarded-Host` and others change nothing | |
//! | `changed_query_is_refused` | the signature covers the query | the URL is signed |
//! | `rewritten_url_headers_are_not_trusted` | `X-Original-URL`, `X-Forwarded-Prefix`, `-Port`, `-Proto` and others | |
//! | `handshake_skips_the_handler` | challenges and pings | our endpoints, if the provider has handshakes |
//! | `unsigned_challenges_are_not_answered` | an unsigned challenge gets no response | a handshake is signed |
//! | `wrong_verify_tokens_are_refused` | no challenge without the token | the handshake has a token |
//! | `challenges_are_not_echoed_as_markup` | no browser runs the echoed text | the provider has handshakes |
//! | `binary_body_causes_no_5xx` | no bytes cause a 5xx | |
//! | `hostile_json_causes_no_5xx` | no JSON causes a 5xx | |
//! | `deep_nesting_is_survived` | up to 450,000 levels, closed, alone and inside the sample | |
//! | `endless_bodies_are_cut_off` | a body that never ends, declared and undeclared | |
//!
//! In every case: no response is a 5xx, nothing panics, a refused request is never handled, not
//! even after the response, and an accepted delivery is handled once.

mod cases;
mod exchange;
mod failure;
mod ledger;
mod macros;
mod sample;
mod target;
mod throttle;

use std::{fmt, pin::Pin};

pub use failure::{Failure, NoAnswer};
pub use target::Target;

/// One case of the suite.
#[derive(Clone, Copy)]
pub struct Case {
    name: &'static str,
    run: for<'s> fn(&'s Target) -> Running<'s>,
}

/// The verdict of a case that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The receiver passed.
    Passed,
    /// The case does not apply, for this reason.
    NotApplicable(&'static str),
}

type Running<'s> = Pin<Box<dyn Future<Output = Result<Verdict, Failure>> + 's>>;

impl Case {
    /// The name of the case and its test.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Runs the case. Run one case of a target at a time.
    ///
    /// # Errors
    /// If the receiver fails the case, or if the case does not apply although
    /// [`expect_cases`](Target::expect_cases) names it.
    pub async fn run(&self, target: &Target) -> Result<Verdict, Failure> {
        target.open_ledger();
        let mut verdict = match (self.run)(target).await {
            Err(failure) if failure.is_throttled() => {
                return Ok(Verdict::NotApplicable("not judged: it answers 429 for too long"));
            }
            verdict => verdict?,
        };
        if target.close_ledger().await? == 0 && verdict == Verdict::Passed {
            verdict = Verdict::NotApplicable("no such request can be built from this delivery");
        }
        match verdict {
            Verdict::NotApplicable(reason) if target.is_expected(self.name) => {
                Err(Failure::new(format!("the case is expected to apply, but does not: {reason}")))
            }
            verdict => Ok(verdict),
        }
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Case").field(&self.name).finish()
    }
}

/// Builds the list of all cases. Tests are generated from the same list.
macro_rules! list {
    ($($file:ident::$name:ident,)*) => {
        /// All cases, in the order of the [table](self).
        pub const CASES: &[Case] = &[$(Case {
            name: stringify!($name),
            run: |target| Box::pin(cases::$file::$name(target)),
        },)*];
    };
}

crate::__conformance_cases!(list);

/// The body of each test that `conformance!` generates.
///
/// # Panics
/// If the target fails the case.
#[doc(hidden)]
#[track_caller]
pub fn check(name: &str, target: &Target) {
    let case = CASES.iter().find(|case| case.name == name);
    let case = case.unwrap_or_else(|| panic!("there is no case {name}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime for the test");
    match runtime.block_on(case.run(target)) {
        Ok(Verdict::Passed) => {}
        Ok(Verdict::NotApplicable(reason)) => println!("{name} does not apply: {reason}"),
        Err(failure) => panic!("{name}: {failure}"),
    }
}
