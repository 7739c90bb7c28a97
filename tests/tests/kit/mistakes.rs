//! Impossible deliveries panic when they are awaited, and say why.

use webhook_runtime::{
    __private::{HandlerFuture, HandlerInput},
    Delivery, Endpoint, Secret, Webhook, Webhooks,
    providers::{self, SLACK},
    webhook,
};

use crate::{
    Of, Seen, any, hooks,
    secrets::{Tenants, tenants},
};

#[tokio::test]
#[should_panic(expected = "`plain`: hmac-sha256-hex has no field for the event")]
async fn event_needs_a_provider_with_events() {
    #[webhook(path = "/plain")]
    async fn plain(_: &Delivery) {}
    Webhooks::new().mount::<plain>().test(()).deliver::<plain>().event("a").await;
}

#[tokio::test]
#[should_panic(expected = "slack sends the event in the body, at `/event/type`")]
async fn event_cannot_be_set_in_raw_bytes() {
    hooks(&SLACK).0.deliver::<Of>().event("a").body("{}").await;
}

#[tokio::test]
#[should_panic(expected = "`tenants`: its path is /{tenant}/hooks: add `.param(\"tenant\", …)`")]
async fn a_missing_parameter() {
    let hooks = Webhooks::new().mount::<tenants>().secret_source::<tenants>(Tenants).test(());
    hooks.deliver::<tenants>().await;
}

#[tokio::test]
#[should_panic(expected = "its secret source failed: there is no such tenant or key")]
async fn a_tenant_without_a_secret() {
    let hooks = Webhooks::new().mount::<tenants>().secret_source::<tenants>(Tenants).test(());
    hooks.deliver::<tenants>().param("tenant", "initech").await;
}

#[tokio::test]
#[should_panic(expected = "`sns`: only aws-sns has the key that signs")]
async fn only_the_provider_can_sign() {
    #[webhook(path = "/sns", provider = providers::AWS_SNS)]
    async fn sns(_: &Delivery) {}
    Webhooks::new().mount::<sns>().test(()).deliver::<sns>().await;
}

#[tokio::test]
#[should_panic(expected = "`discord`: it has the public key of discord")]
async fn a_public_key_alone() {
    #[webhook(path = "/discord", provider = providers::DISCORD)]
    async fn discord(_: &Delivery) {}
    let key = Secret::new(include_str!("../../fixtures/keys/ed25519-1.public.hex").trim());
    let hooks = Webhooks::new().mount::<discord>().secrets::<discord>([key]).test(());
    hooks.deliver::<discord>().await;
}

#[tokio::test]
#[should_panic(expected = "gitlab-token signs nothing in this body")]
async fn tampering_needs_a_signed_body() {
    hooks(&providers::GITLAB).0.deliver::<Of>().tampered().await;
}

#[test]
#[should_panic(expected = "the path /plain is taken by `plain`")]
fn webhooks_that_cannot_start() {
    #[webhook(path = "/plain")]
    async fn plain(_: &Delivery) {}
    let _ = Webhooks::new().mount::<plain>().mount::<plain>().test(());
}

#[tokio::test]
#[should_panic(expected = "`any` is not mounted")]
async fn an_endpoint_that_is_not_mounted() {
    let hooks = Webhooks::<Seen>::new().test(Seen::default());
    hooks.deliver::<any>().await;
}

/// [`any`] on a path that the attribute refuses, because clients send `/%C3%BC`.
enum OnALetter {}

impl Webhook<Seen> for OnALetter {
    fn endpoint() -> Endpoint {
        Endpoint::new("any", module_path!(), "/ü")
    }

    fn call(verified: HandlerInput<Seen>) -> HandlerFuture {
        <any as Webhook<Seen>>::call(verified)
    }
}

#[tokio::test]
async fn a_path_that_no_client_sends_has_no_deliveries() {
    let hooks = Webhooks::new().mount::<OnALetter>().test(Seen::default());
    let response = hooks.deliver::<OnALetter>().await;
    assert_eq!(response.status(), 404);
    assert!(!response.handler_ran());
}

/// A client resolves `..` before it sends.
#[tokio::test]
async fn a_parameter_of_dots_leaves_the_path() {
    let hooks = Webhooks::new().mount::<tenants>().secret_source::<tenants>(Tenants).test(());
    let delivery = hooks.deliver::<tenants>().param("tenant", "..");
    let response = delivery.signed_with(Secret::new("any")).await;
    assert_eq!(response.status(), 404);
}
