//! A suite of what every receiver of webhooks has to withstand, for handlers of this framework and
//! for any other receiver.
//!
//! [`conformance!`](crate::testing::conformance!) makes a test of every case. [`CASES`] is the same
//! as a list, for programs that run them otherwise.
//!
//! A case that has nothing to ask says so, and why: there is no stale delivery where no time is
//! signed. That is [`Verdict::NotApplicable`], which passes, and is printed where a test shows its
//! output (`cargo test -- --show-output`); to be sure that a case applies, a target
//! [`expect_cases`](Target::expect_cases) it. Where a signature is in the body (Mailgun, Adyen), the cases of
//! signatures are asked of that place in the JSON or the form, but what only a scheme that is data
//! can sign, as times that are none, is not asked. Cases marked *strict* ask that lenient readings are refused, which are no forgeries:
//! they are asked of endpoints of this framework, and of others if they are [`strict`](Target::strict).
//! Nobody can be asked about providers whose signature only they can make: AWS SNS, PayPal, Plaid.
//!
//! | case | asks | where |
//! | --- | --- | --- |
//! | `genuine_delivery_is_accepted` | the sample is taken, and handled once | |
//! | `raw_bytes_are_verified` | JSON with odd spaces, escapes and order is taken as it was signed | the whole body is signed |
//! | `signature_of_rewritten_json_is_refused` | the signature is not that of the JSON written again | the whole body is signed |
//! | `replay_gets_the_same_response` | the same bytes are answered alike within the window; to recognise them is up to the handler | |
//! | `tampered_body_is_refused` | one bit changed, in many places | the body is signed, or fields of it |
//! | `longer_and_shorter_bodies_are_refused` | more and less than was signed, white space too | the whole body is signed |
//! | `all_of_a_large_body_is_verified` | a byte changed, or added, far behind the beginning | the whole body is signed |
//! | `large_forgeries_are_refused` | up to 1 MiB, unsigned and forged | |
//! | `invalid_utf8_is_not_repaired` | bytes are verified, not text | the whole body is signed |
//! | `forgery_is_refused_before_parsing` | nothing is parsed before it is believed | the signature is not in the body |
//! | `hostile_json_causes_no_5xx` | no text is answered by 5xx | |
//! | `binary_body_causes_no_5xx` | no bytes are answered by 5xx | |
//! | `forged_delivery_is_refused` | another secret | |
//! | `many_forgeries_are_all_refused` | 300 in a row | |
//! | `empty_secret_is_refused` | the signature that everybody can make | there is a shared secret |
//! | `well_known_secrets_are_refused` | `secret`, `test`, `undefined`, `***` and others | there is a shared secret |
//! | `every_live_secret_is_accepted` | rotation: the old secret opens beside the new one | there are more secrets than one |
//! | `verification_cannot_be_switched_off` | headers and parameters for development | |
//! | `sender_headers_are_not_trusted` | `User-Agent`, `X-Forwarded-For` and others are anybody's | |
//! | `unrelated_credentials_are_not_trusted` | `Authorization`, cookies and API keys that are not the provider's | |
//! | `test_events_are_verified_too` | `ping`, `test` and others, unsigned and forged | |
//! | `other_tenants_secret_is_refused` | the secret of one tenant opens nothing of another's | `other_tenant` is given |
//! | `unknown_tenant_is_refused` | what belongs to nobody | a secret source or `other_tenant`, and parameters in the path |
//! | `unsigned_delivery_is_refused` | no proof at all | |
//! | `missing_headers_are_refused` | each header that the signature needs, missing and empty | the proof is in headers |
//! | `bad_header_after_good_one_is_refused` | who takes the first of two | the proof is in headers |
//! | `good_header_after_bad_one_is_refused` | who takes the last of two | the proof is in headers |
//! | `duplicate_header_is_refused` | *strict*: the same header twice | the proof is in headers |
//! | `malformed_signatures_are_refused` | nonsense, long, short and not ASCII | |
//! | `empty_signature_is_refused` | nothing, spaces, quotes | |
//! | `altered_signatures_are_refused` | each character changed in turn | the signature stands by itself |
//! | `truncated_signatures_are_refused` | cut off at every length, from both ends | |
//! | `extended_signatures_are_refused` | more at either end | |
//! | `signature_without_its_prefix_is_refused` | `sha256=` and the like are not optional | there is a prefix |
//! | `other_algorithms_are_refused` | the request does not choose the algorithm, nor the header | an HMAC |
//! | `other_versions_are_refused` | nor the version | signatures have versions |
//! | `good_signature_among_others_is_accepted` | rotation: a bad one beside it, before or behind | signatures come as a list |
//! | `signature_list_is_bounded` | a thousand signatures; *strict*: refused | signatures come as a list |
//! | `lenient_encodings_are_refused` | *strict*: upper case, other alphabets, white space | |
//! | `delivery_inside_the_window_is_accepted` | the edges of the window | a time is signed |
//! | `stale_delivery_is_refused` | older than the window | a time is signed |
//! | `delivery_from_the_future_is_refused` | ahead of the window | a time is signed |
//! | `malformed_timestamps_are_refused` | numbers that are no times, each rightly signed | a time is signed, as data |
//! | `changed_timestamp_is_refused` | the time is under the signature | a time is signed, as data or in the body |
//! | `duplicate_timestamp_is_refused` | an old time and a present one in one header | the time stands with the signature |
//! | `changed_id_is_refused` | so is the id | an id is signed |
//! | `replay_after_the_window_is_refused` | what was recorded is worth nothing later | a time is signed, and the clock is the test's |
//! | `other_methods_are_refused` | no way round by GET, PUT and others | |
//! | `path_variants_are_no_bypass` | `/hook/`, `//hook`, `/HOOK`, `%2F` and others | |
//! | `method_overrides_are_no_bypass` | `X-HTTP-Method-Override` and `_method` | |
//! | `other_content_types_are_verified_too` | forms, multipart, text, and no type at all | |
//! | `oversized_body_is_refused` | more than is taken, declared | `max_body` is below 64 MiB |
//! | `oversized_chunked_body_is_refused` | more than is taken, undeclared | `max_body` is below 64 MiB |
//! | `compressed_body_is_refused` | *strict*: `Content-Encoding` | |
//! | `refusals_are_identical` | nothing is learnt from the answers | |
//! | `host_headers_are_not_trusted` | `X-Forwarded-Host` and others change nothing | |
//! | `changed_query_is_refused` | the query is a part of the URL | the URL is signed |
//! | `rewritten_url_headers_are_not_trusted` | `X-Original-URL`, `X-Forwarded-Prefix`, `-Port`, `-Proto` and others | |
//! | `handshake_skips_the_handler` | challenges and pings | our endpoints, where the provider asks |
//! | `unsigned_challenges_are_not_answered` | what the provider signs is answered to nobody else | a handshake is signed |
//! | `wrong_verify_tokens_are_refused` | no challenge without the token | the handshake has a token |
//! | `challenges_are_not_echoed_as_markup` | no browser runs what is said back | the provider asks |
//!
//! And in every case: no answer is 5xx, nothing panics, nothing that is refused is handled, not even
//! after the answer, and what is taken is handled once.

mod cases;
mod exchange;
mod failure;
mod ledger;
mod macros;
mod sample;
mod target;

use std::{fmt, pin::Pin};

pub use failure::Failure;
pub use target::Target;

/// One thing to be asked of a receiver.
#[derive(Clone, Copy)]
pub struct Case {
    name: &'static str,
    run: for<'s> fn(&'s Target) -> Running<'s>,
}

/// What a case comes to where nothing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The receiver does what is right.
    Passed,
    /// There was nothing to check, for this reason.
    NotApplicable(&'static str),
}

type Running<'s> = Pin<Box<dyn Future<Output = Result<Verdict, Failure>> + 's>>;

impl Case {
    /// The name, which is that of the test.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Asks it. A target is asked one thing at a time.
    ///
    /// # Errors
    /// With what the receiver did otherwise, or why there was nothing to check, where the target
    /// [`expect_cases`](Target::expect_cases) that there is.
    pub async fn run(&self, target: &Target) -> Result<Verdict, Failure> {
        target.open_ledger();
        let mut verdict = (self.run)(target).await?;
        if target.close_ledger().await? == 0 && verdict == Verdict::Passed {
            verdict = Verdict::NotApplicable("no such request can be made of this delivery");
        }
        match verdict {
            Verdict::NotApplicable(reason) if target.is_expected(self.name) => {
                Err(Failure::new(format!("it is expected to apply, and does not: {reason}")))
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

/// Makes the list of all cases. Tests are made from the same one.
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

/// The body of each test that `conformance!` makes.
///
/// # Panics
/// When the target does not pass, with what it did.
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
