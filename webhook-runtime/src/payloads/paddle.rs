//! Paddle Billing's [notifications](https://developer.paddle.com/webhooks): an event around a
//! transaction, a subscription, a customer, or a type of yours. Paddle Classic sends forms, which are
//! not here.
//!
//! An event always has an id, a type and its object, and the object has an id. Anything else may be
//! missing or `null`.
//!
//! Amounts are text in the smallest unit of their currency, such as `"1050"` for 10.50 euros, and
//! stay as they were sent. Times are text, as in RFC 3339. `custom_data` is yours: `C` is what to read
//! it into.

use std::borrow::Cow;

use serde::{Deserialize, de::IgnoredAny};

use super::{lenient, open_enum};

/// An event with its object.
///
/// ```
/// use webhook_runtime::{
///     UnknownEvent, WebhookEvent,
///     payloads::paddle::{Event, Subscription, Transaction},
///     providers::PADDLE,
///     webhook,
/// };
///
/// #[derive(WebhookEvent)]
/// enum Notification<'a> {
///     #[event("transaction.completed")]
///     Paid(Event<'a, Transaction<'a>>),
///     #[event("subscription.created", "subscription.updated", "subscription.canceled")]
///     Subscription(Event<'a, Subscription<'a>>),
///     #[event(other)]
///     Other(UnknownEvent<'a>),
/// }
///
/// #[webhook(path = "/paddle", provider = PADDLE, secret_env = "PADDLE_SECRET")]
/// async fn paddle(notification: Notification<'_>) {
///     match notification {
///         Notification::Paid(event) => println!("{} is paid", event.data.id),
///         Notification::Subscription(event) => println!("{:?}", event.data.status),
///         Notification::Other(other) => println!("skipped {}", other.name()),
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Event<'a, T> {
    /// `evt_…`, the same when Paddle sends the event again, and at each destination.
    #[serde(borrow)]
    pub event_id: Cow<'a, str>,
    /// The type of the event, such as `transaction.completed`.
    #[serde(borrow, rename = "event_type")]
    pub kind: Cow<'a, str>,
    /// The time of the event. Events may arrive in another order.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub occurred_at: Option<Cow<'a, str>>,
    /// `ntf_…`, another one for each destination.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub notification_id: Option<Cow<'a, str>>,
    /// The object, as it was after the event.
    pub data: T,
}

/// The object of the events named
/// [`transaction.*`](https://developer.paddle.com/webhooks/transactions/transaction-completed).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Transaction<'a, C = IgnoredAny> {
    /// `txn_…`
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// The status.
    #[serde(borrow)]
    pub status: Option<TransactionStatus<'a>>,
    /// The customer, `ctm_…`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub customer_id: Option<Cow<'a, str>>,
    /// The subscription, `sub_…`. The first transaction of a subscription may lack it until it is
    /// completed.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub subscription_id: Option<Cow<'a, str>>,
    /// The number of the invoice, once there is one.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub invoice_number: Option<Cow<'a, str>>,
    /// The currency of its amounts, of three letters.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub currency_code: Option<Cow<'a, str>>,
    /// The origin, such as `web`, `api` or `subscription_recurring`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub origin: Option<Cow<'a, str>>,
    /// The way of payment.
    #[serde(borrow)]
    pub collection_mode: Option<CollectionMode<'a>>,
    /// The discount, `dsc_…`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub discount_id: Option<Cow<'a, str>>,
    /// Your own data.
    pub custom_data: Option<C>,
    /// The period that it is for.
    #[serde(borrow)]
    pub billing_period: Option<Period<'a>>,
    /// The things that are paid for.
    #[serde(borrow, default, deserialize_with = "lenient::list")]
    pub items: Vec<Item<'a>>,
    /// The calculated amounts.
    #[serde(borrow)]
    pub details: Option<Details<'a>>,
    /// The time of its creation.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub created_at: Option<Cow<'a, str>>,
    /// The time of the last change.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub updated_at: Option<Cow<'a, str>>,
    /// The time at which it was billed.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub billed_at: Option<Cow<'a, str>>,
}

open_enum! {
    /// The status of a transaction.
    TransactionStatus {
        Billed = "billed",
        Canceled = "canceled",
        Completed = "completed",
        Draft = "draft",
        Paid = "paid",
        PastDue = "past_due",
        Ready = "ready",
    }
}

open_enum! {
    /// The way in which a transaction or a subscription is paid.
    CollectionMode {
        Automatic = "automatic",
        Manual = "manual",
    }
}

/// A period of time.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Period<'a> {
    /// Its begin.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub starts_at: Option<Cow<'a, str>>,
    /// Its end.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub ends_at: Option<Cow<'a, str>>,
}

/// Some number of the same thing, in a transaction or a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Item<'a> {
    /// The price of one.
    #[serde(borrow)]
    pub price: Option<Price<'a>>,
    /// The quantity.
    pub quantity: Option<u64>,
    /// The status, in a subscription.
    #[serde(borrow)]
    pub status: Option<ItemStatus<'a>>,
    /// It is paid again in each billing period. In a subscription.
    pub recurring: Option<bool>,
    /// The time at which it is billed next. In a subscription.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub next_billed_at: Option<Cow<'a, str>>,
    /// The period of its trial. In a subscription.
    #[serde(borrow)]
    pub trial_dates: Option<Period<'a>>,
}

open_enum! {
    /// The status of an item of a subscription.
    ItemStatus {
        Active = "active",
        Inactive = "inactive",
        Trialing = "trialing",
    }
}

/// A price.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Price<'a> {
    /// `pri_…`
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub id: Option<Cow<'a, str>>,
    /// The product, `pro_…`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub product_id: Option<Cow<'a, str>>,
    /// The name, as customers see it.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub name: Option<Cow<'a, str>>,
    /// The description, which customers do not see.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub description: Option<Cow<'a, str>>,
    /// The amount for one.
    #[serde(borrow)]
    pub unit_price: Option<Money<'a>>,
    /// The time between two payments; `None` for what is paid once.
    #[serde(borrow)]
    pub billing_cycle: Option<Cycle<'a>>,
}

/// An amount.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Money<'a> {
    /// The amount, in the smallest unit of the currency.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub amount: Option<Cow<'a, str>>,
    /// The currency, of three letters.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub currency_code: Option<Cow<'a, str>>,
}

/// The time between two payments.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Cycle<'a> {
    /// The unit.
    #[serde(borrow)]
    pub interval: Option<Interval<'a>>,
    /// The number of units.
    pub frequency: Option<u64>,
}

open_enum! {
    /// A unit of time.
    Interval {
        Day = "day",
        Week = "week",
        Month = "month",
        Year = "year",
    }
}

/// The calculated amounts of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Details<'a> {
    /// The sums.
    #[serde(borrow)]
    pub totals: Option<Totals<'a>>,
}

/// The sums of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Totals<'a> {
    /// The sum before discounts and taxes.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub subtotal: Option<Cow<'a, str>>,
    /// The discounts.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub discount: Option<Cow<'a, str>>,
    /// The taxes.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub tax: Option<Cow<'a, str>>,
    /// The sum after discounts and taxes.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub total: Option<Cow<'a, str>>,
    /// The credit of the customer that was used.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub credit: Option<Cow<'a, str>>,
    /// The amount that is not paid yet.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub balance: Option<Cow<'a, str>>,
    /// The total less the credit.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub grand_total: Option<Cow<'a, str>>,
    /// The fee of Paddle, once it is paid.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub fee: Option<Cow<'a, str>>,
    /// The amount that is left for you, once it is paid.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub earnings: Option<Cow<'a, str>>,
    /// The currency, of three letters.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub currency_code: Option<Cow<'a, str>>,
}

/// The object of the events named
/// [`subscription.*`](https://developer.paddle.com/webhooks/subscriptions/subscription-created).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Subscription<'a, C = IgnoredAny> {
    /// `sub_…`
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// The status.
    #[serde(borrow)]
    pub status: Option<SubscriptionStatus<'a>>,
    /// The customer, `ctm_…`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub customer_id: Option<Cow<'a, str>>,
    /// The transaction that began it, `txn_…`. Only in `subscription.created`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub transaction_id: Option<Cow<'a, str>>,
    /// The currency, of three letters.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub currency_code: Option<Cow<'a, str>>,
    /// The way of payment.
    #[serde(borrow)]
    pub collection_mode: Option<CollectionMode<'a>>,
    /// Your own data.
    pub custom_data: Option<C>,
    /// The things that are subscribed to.
    #[serde(borrow, default, deserialize_with = "lenient::list")]
    pub items: Vec<Item<'a>>,
    /// The time between two payments.
    #[serde(borrow)]
    pub billing_cycle: Option<Cycle<'a>>,
    /// The period that is paid for; `None` while it is paused or canceled.
    #[serde(borrow)]
    pub current_billing_period: Option<Period<'a>>,
    /// The change that will happen at the end of the period, if there is one.
    #[serde(borrow)]
    pub scheduled_change: Option<ScheduledChange<'a>>,
    /// The time at which it started.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub started_at: Option<Cow<'a, str>>,
    /// The time at which it was first billed.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub first_billed_at: Option<Cow<'a, str>>,
    /// The time at which it is billed next.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub next_billed_at: Option<Cow<'a, str>>,
    /// The time at which it was paused.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub paused_at: Option<Cow<'a, str>>,
    /// The time at which it was canceled.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub canceled_at: Option<Cow<'a, str>>,
    /// The time of its creation.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub created_at: Option<Cow<'a, str>>,
    /// The time of the last change.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub updated_at: Option<Cow<'a, str>>,
}

open_enum! {
    /// The status of a subscription.
    SubscriptionStatus {
        Active = "active",
        Canceled = "canceled",
        PastDue = "past_due",
        Paused = "paused",
        Trialing = "trialing",
    }
}

/// A change of a subscription that will happen later.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ScheduledChange<'a> {
    /// The change.
    #[serde(borrow)]
    pub action: Option<ScheduledAction<'a>>,
    /// The time at which it happens.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub effective_at: Option<Cow<'a, str>>,
    /// The time at which a pause ends, if that is known.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub resume_at: Option<Cow<'a, str>>,
}

open_enum! {
    /// A change of a subscription that will happen later.
    ScheduledAction {
        Cancel = "cancel",
        Pause = "pause",
        Resume = "resume",
    }
}

/// The object of the events named
/// [`customer.*`](https://developer.paddle.com/webhooks/customers/customer-created).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Customer<'a, C = IgnoredAny> {
    /// `ctm_…`
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// The name.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub name: Option<Cow<'a, str>>,
    /// The address for mail.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub email: Option<Cow<'a, str>>,
    /// The language and the country, such as `en-US`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub locale: Option<Cow<'a, str>>,
    /// The customer agreed to get marketing messages.
    pub marketing_consent: Option<bool>,
    /// The status.
    #[serde(borrow)]
    pub status: Option<CustomerStatus<'a>>,
    /// Your own data.
    pub custom_data: Option<C>,
    /// The time of its creation.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub created_at: Option<Cow<'a, str>>,
    /// The time of the last change.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub updated_at: Option<Cow<'a, str>>,
}

open_enum! {
    /// The status of a customer.
    CustomerStatus {
        Active = "active",
        Archived = "archived",
    }
}
