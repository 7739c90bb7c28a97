use crate::verify::{
    Field, Provider,
    handshake::{Condition, Handshake, HandshakeResponse},
    scheme::Scheme,
};

const HANDSHAKES: &[Handshake] = &[Handshake::signed(
    &[Condition::BodyIs("/notifications/0/trigger", "verification")],
    HandshakeResponse::Empty(200),
)];

/// HCP Terraform and Terraform Enterprise, notifications: [notification configurations][docs].
///
/// *Set-up:* in the settings of a workspace, under Notifications: a webhook with the public URL and
/// a token of your own, which is the secret. It is verified when it is enabled; this crate answers.
/// The signature is HMAC with SHA-512.
///
/// *Not signed:* the headers. A delivery has no id. The event is the trigger of the first
/// notification; the run is in the body beside it. Run tasks have the same signature in another
/// header, `X-TFC-Task-Signature` (*unconfirmed*). Its time-out and retries are *unconfirmed*.
///
/// [docs]: https://developer.hashicorp.com/terraform/cloud-docs/api-docs/notification-configurations
#[doc(alias = "hashicorp")]
#[doc(alias = "terraform")]
pub const TERRAFORM_CLOUD: Provider = Provider::new(
    "terraform-cloud",
    Scheme::hmac_sha512().header("x-tfe-notification-signature").hex(),
)
.with_event(Field::pointer("/notifications/0/trigger"))
.with_handshakes(HANDSHAKES)
.with_ack_status(200)
.with_docs_url(
    "https://developer.hashicorp.com/terraform/cloud-docs/api-docs/notification-configurations",
);
