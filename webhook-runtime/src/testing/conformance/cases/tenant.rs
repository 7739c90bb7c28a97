//! Secrets of other tenants, where each has its own.

use super::{Found, Target, not_applicable, passed};
use crate::testing::{conformance::failure::Failure, target::Signing};

/// The secret of one tenant opens nothing of another's, in neither direction.
pub(crate) async fn other_tenants_secret_is_refused(subject: &Target) -> Found {
    let ours = subject.draft().await?;
    let Some(theirs) = subject.other_draft().await? else {
        return not_applicable("no `other_tenant` is given");
    };
    if ours.secret.expose() == theirs.secret.expose() {
        return Err(Failure::new("both tenants have the same secret: give another sample"));
    }
    subject.accepts("a genuine delivery to the other tenant", &theirs.genuine()?).await?;
    let wire = ours.signed_with(&theirs.secret)?;
    subject.refuses("a delivery signed with another tenant's secret", &wire).await?;
    let wire = theirs.signed_with(&ours.secret)?;
    subject.refuses("a delivery to another tenant, signed with ours", &wire).await.map(passed)
}

/// Nor does any secret open what belongs to nobody.
pub(crate) async fn unknown_tenant_is_refused(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    let is_by_tenant = matches!(subject.target().signing, Signing::Source(_));
    let has_tenants = is_by_tenant || subject.other_draft().await?.is_some();
    if !has_tenants || !subject.target().path.contains('{') {
        return not_applicable("there are no tenants, or not in the path");
    }
    let nobody = "nobody-of-this-name";
    let path = subject.target().path.clone();
    let mut letter = draft.letter.clone();
    let params: Vec<(String, String)> = path
        .split('{')
        .skip(1)
        .filter_map(|part| part.split_once('}'))
        .map(|(name, _)| (name.trim_start_matches('*').to_owned(), nobody.to_owned()))
        .collect();
    let Ok((path, _)) = subject.target().locate(&params) else {
        return not_applicable("the path takes no other parameters");
    };
    letter.target = path;
    let wire = letter.sign(&draft.secret, draft.now());
    let wire = wire.map_err(|error| Failure::new(error.to_string()))?;
    subject.refuses("a delivery to a tenant that nobody knows", &wire).await.map(passed)
}
