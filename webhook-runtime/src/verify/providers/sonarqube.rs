use std::time::Duration;

use crate::verify::{Field, Provider, scheme::Scheme};

/// `SonarQube` Server and Cloud: [webhooks][docs].
///
/// *Set-up:* in the settings of a project or of the whole instance, under Webhooks: the public URL
/// and a secret of your own.
///
/// *Not signed:* the headers, including the key of the project, which is also in the body. The
/// event is the status of the analysis, such as `SUCCESS`. A delivery has no id: a change of an
/// issue can repeat the `taskId` of its analysis (*unconfirmed*). There is no signed time of
/// sending.
///
/// `SonarQube` waits ten seconds, and does not retry (*unconfirmed*).
///
/// [docs]: https://docs.sonarsource.com/sonarqube-server/project-administration/integrations/webhooks
#[doc(alias = "sonarcloud")]
pub const SONARQUBE: Provider = Provider::new(
    "sonarqube",
    Scheme::hmac_sha256().header("x-sonar-webhook-hmac-sha256").hex(),
)
.with_event(Field::pointer("/status"))
.with_docs_url(
    "https://docs.sonarsource.com/sonarqube-server/project-administration/integrations/webhooks",
)
.with_response_timeout(Duration::from_secs(10));
