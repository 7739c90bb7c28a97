//! Cases of tenants with secrets of their own.

use super::{CaseResult, Target, not_applicable, passed};
use crate::testing::{conformance::failure::Failure, target::Signing};

/// A tenant's secret does not work for another tenant, in either direction.
pub(crate) async fn other_tenants_secret_is_refused(target: &Target) -> CaseResult {
    let ours = target.sample_delivery().await?;
    let Some(theirs) = target.other_sample_delivery().await? else {
        return not_applicable("no `other_tenant` is given");
    };
    if ours.secret.expose() == theirs.secret.expose() {
        return Err(Failure::new("both tenants have the same secret: give another sample"));
    }
    target.accepts("a genuine delivery to the other tenant", &theirs.genuine()?).await?;
    let request = ours.signed_with(&theirs.secret)?;
    target.refuses("a delivery signed with another tenant's secret", &request).await?;
    let request = theirs.signed_with(&ours.secret)?;
    target.refuses("a delivery to another tenant, signed with ours", &request).await.map(passed)
}

/// No secret works for an unknown tenant.
pub(crate) async fn unknown_tenant_is_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let is_by_tenant = matches!(target.endpoint().signing, Signing::Source(_));
    let has_tenants = is_by_tenant || target.other_sample_delivery().await?.is_some();
    if !has_tenants || !target.endpoint().path.contains('{') {
        return not_applicable("there are no tenants, or not in the path");
    }
    let nobody = "nobody-of-this-name";
    let path = target.endpoint().path.clone();
    let mut unsigned = sample.unsigned.clone();
    let params: Vec<(String, String)> = path
        .split('{')
        .skip(1)
        .filter_map(|part| part.split_once('}'))
        .map(|(name, _)| (name.trim_start_matches('*').to_owned(), nobody.to_owned()))
        .collect();
    let Ok((path, _)) = target.endpoint().locate(&params) else {
        return not_applicable("the path takes no other parameters");
    };
    unsigned.path_and_query = path;
    let request = unsigned.sign(&sample.secret, sample.now());
    let request = request.map_err(|error| Failure::new(error.to_string()))?;
    target.refuses("a delivery to a tenant that nobody knows", &request).await.map(passed)
}
