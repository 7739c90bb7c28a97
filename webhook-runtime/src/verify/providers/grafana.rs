use crate::verify::{Field, Provider, scheme::Scheme};

const DOCS: &str = "https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/";

/// Grafana Alerting, contact point Webhook: [webhook notifier][docs].
///
/// *Set-up:* in the contact point, under HMAC signature: a secret of your own, and the header
/// `X-Grafana-Alerting-Signature`. Some versions have another default: enter this one. Leave the
/// timestamp header empty: with it, the time is signed as well, and deliveries are refused. Without
/// a secret, nothing is signed.
///
/// *Not signed:* the headers. A request is one notification of a group of alerts, `alerts`; the
/// event is its status, `firing` or `resolved`. It has no id. Its time-out and retries are
/// *unconfirmed*.
///
/// [docs]: https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
pub const GRAFANA: Provider =
    Provider::new("grafana", Scheme::hmac_sha256().header("x-grafana-alerting-signature").hex())
        .with_event(Field::pointer("/status"))
        .with_docs_url(DOCS);
