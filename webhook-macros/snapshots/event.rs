#[derive(WebhookEvent)]
pub enum Github<'a> {
    /// Somebody pushed.
    #[event("push")]
    Push(Push<'a>),
    #[event("issues.opened", "issues.reopened")]
    Opened(issues::Opened),
    #[event("issues", "issue_comment")]
    Talk,
    #[event(other)]
    Other(UnknownEvent<'a>),
}
