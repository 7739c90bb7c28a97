//! The names of common events, to guess what was meant by another one.

use webhook_runtime::Provider;

use crate::names;

const GITHUB: &[&str] = &[
    "branch_protection_rule",
    "check_run",
    "check_suite",
    "code_scanning_alert",
    "commit_comment",
    "create",
    "delete",
    "dependabot_alert",
    "deployment",
    "deployment_status",
    "discussion",
    "discussion_comment",
    "fork",
    "gollum",
    "installation",
    "installation_repositories",
    "issue_comment",
    "issues",
    "label",
    "marketplace_purchase",
    "member",
    "membership",
    "merge_group",
    "meta",
    "milestone",
    "organization",
    "package",
    "page_build",
    "ping",
    "public",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "pull_request_review_thread",
    "push",
    "registry_package",
    "release",
    "repository",
    "repository_dispatch",
    "secret_scanning_alert",
    "security_advisory",
    "sponsorship",
    "star",
    "status",
    "team",
    "team_add",
    "watch",
    "workflow_dispatch",
    "workflow_job",
    "workflow_run",
];

const LINEAR: &[&str] = &[
    "AgentSessionEvent",
    "AppUserNotification",
    "Attachment",
    "AuditEntry",
    "Comment",
    "Customer",
    "CustomerNeed",
    "Cycle",
    "Document",
    "Initiative",
    "InitiativeUpdate",
    "Issue",
    "IssueLabel",
    "IssueSLA",
    "OAuthApp",
    "Project",
    "ProjectLabel",
    "ProjectUpdate",
    "Reaction",
    "Release",
    "ReleaseNote",
    "User",
];

const META: &[&str] = &["instagram", "page", "permissions", "user", "whatsapp_business_account"];

const PADDLE: &[&str] = &[
    "adjustment.created",
    "adjustment.updated",
    "customer.created",
    "customer.updated",
    "price.created",
    "price.updated",
    "product.created",
    "product.updated",
    "subscription.activated",
    "subscription.canceled",
    "subscription.created",
    "subscription.past_due",
    "subscription.paused",
    "subscription.resumed",
    "subscription.trialing",
    "subscription.updated",
    "transaction.billed",
    "transaction.canceled",
    "transaction.completed",
    "transaction.created",
    "transaction.paid",
    "transaction.past_due",
    "transaction.payment_failed",
    "transaction.ready",
    "transaction.updated",
];

const STRIPE: &[&str] = &[
    "account.updated",
    "charge.captured",
    "charge.dispute.created",
    "charge.failed",
    "charge.refunded",
    "charge.succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
    "customer.created",
    "customer.deleted",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.trial_will_end",
    "customer.subscription.updated",
    "customer.updated",
    "invoice.created",
    "invoice.finalized",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.payment_succeeded",
    "invoice.upcoming",
    "payment_intent.canceled",
    "payment_intent.created",
    "payment_intent.payment_failed",
    "payment_intent.succeeded",
    "payment_method.attached",
    "payout.failed",
    "payout.paid",
    "price.created",
    "product.created",
    "setup_intent.succeeded",
];

const SHOPIFY: &[&str] = &[
    "app/uninstalled",
    "carts/create",
    "carts/update",
    "checkouts/create",
    "customers/create",
    "customers/data_request",
    "customers/delete",
    "customers/redact",
    "customers/update",
    "fulfillments/create",
    "fulfillments/update",
    "inventory_levels/update",
    "orders/cancelled",
    "orders/create",
    "orders/fulfilled",
    "orders/paid",
    "orders/updated",
    "products/create",
    "products/delete",
    "products/update",
    "refunds/create",
    "shop/redact",
    "shop/update",
];

const SLACK: &[&str] = &[
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "channel_archive",
    "channel_created",
    "channel_rename",
    "file_shared",
    "link_shared",
    "member_joined_channel",
    "message",
    "reaction_added",
    "reaction_removed",
    "team_join",
    "tokens_revoked",
    "user_change",
];

/// The event that was meant by a name that is nearly one.
pub(crate) fn meant(provider: &Provider, event: &str) -> Option<&'static str> {
    let (known, name) = match provider.name() {
        "github" | "github-sha1" => (GITHUB, event.split('.').next().unwrap_or(event)),
        "stripe" => (STRIPE, event),
        "shopify" => (SHOPIFY, event),
        "slack" => (SLACK, event),
        "linear" => (LINEAR, event.split('.').next().unwrap_or(event)),
        "meta" => (META, event),
        "paddle" => (PADDLE, event),
        _ => return None,
    };
    if known.contains(&name) { None } else { names::nearest(name, known.iter().copied()) }
}

#[cfg(test)]
mod tests {
    use webhook_runtime::providers::{
        GITHUB as GITHUB_PROVIDER, LINE, LINEAR as LINEAR_PROVIDER, PADDLE as PADDLE_PROVIDER,
        STRIPE as STRIPE_PROVIDER,
    };

    use super::*;

    #[test]
    fn mistyped_events_get_a_guess() {
        let stripe = |event| meant(&STRIPE_PROVIDER, event);
        assert_eq!(stripe("invoice.payd"), Some("invoice.paid"));
        assert_eq!(stripe("invoice.paid"), None);
        assert_eq!(stripe("treasury.received_credit.created"), None);
        assert_eq!(meant(&GITHUB_PROVIDER, "isues.opened"), Some("issues"));
        assert_eq!(meant(&GITHUB_PROVIDER, "issues.opened"), None);
        assert_eq!(meant(&LINEAR_PROVIDER, "Isue.update"), Some("Issue"));
        assert_eq!(meant(&PADDLE_PROVIDER, "transaction.complete"), Some("transaction.completed"));
        assert_eq!(meant(&LINE, "mesage"), None);
    }
}
