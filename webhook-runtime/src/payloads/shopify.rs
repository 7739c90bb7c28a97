//! Shopify's [order](https://shopify.dev/docs/api/admin-rest/latest/resources/order), as the topics
//! `orders/create`, `orders/updated`, `orders/paid`, `orders/cancelled`, `orders/fulfilled` and
//! `orders/partially_fulfilled` deliver it. `orders/edited` and `orders/delete` deliver something
//! else.
//!
//! Money is text, such as `"404.95"`, and stays as it was sent: a floating-point number would round
//! it. Times are text, as in RFC 3339.
//!
//! What is optional here is `null` in one of Shopify's examples, or about a person: what an app has
//! no access to is missing or `null`, and for which fields that holds is *unconfirmed*.

use std::borrow::Cow;

use serde::Deserialize;

use super::{open_enum, text};

/// An order.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Order<'a> {
    /// Its id.
    pub id: u64,
    /// Its name, as the customer knows it, such as `#1001`.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// Its number in the shop, counted from 1001.
    pub order_number: u64,
    /// It is a test.
    #[serde(default)]
    pub test: bool,
    /// The currency of the shop, which all amounts here are in.
    #[serde(borrow)]
    pub currency: Cow<'a, str>,
    /// The currency that the customer was shown.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub presentment_currency: Option<Cow<'a, str>>,
    /// The total price when the order was placed.
    #[serde(borrow)]
    pub total_price: Cow<'a, str>,
    /// The current total price, after edits, returns and refunds.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub current_total_price: Option<Cow<'a, str>>,
    /// The price of its goods, after discounts.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub subtotal_price: Option<Cow<'a, str>>,
    /// The taxes.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub total_tax: Option<Cow<'a, str>>,
    /// The discounts.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub total_discounts: Option<Cow<'a, str>>,
    /// The amount that is not paid yet.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub total_outstanding: Option<Cow<'a, str>>,
    /// The prices include taxes.
    #[serde(default)]
    pub taxes_included: bool,
    /// The payment status.
    #[serde(borrow)]
    pub financial_status: Option<FinancialStatus<'a>>,
    /// The shipping status; `None` until something is shipped.
    #[serde(borrow)]
    pub fulfillment_status: Option<FulfillmentStatus<'a>>,
    /// The reason for the cancellation.
    #[serde(borrow)]
    pub cancel_reason: Option<CancelReason<'a>>,
    /// The time at which it was cancelled.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub cancelled_at: Option<Cow<'a, str>>,
    /// The time at which it was closed.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub closed_at: Option<Cow<'a, str>>,
    /// The time of its creation at Shopify.
    #[serde(borrow)]
    pub created_at: Cow<'a, str>,
    /// The time of the last change.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub updated_at: Option<Cow<'a, str>>,
    /// The time at which it was placed: for an imported order, maybe long before `created_at`.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub processed_at: Option<Cow<'a, str>>,
    /// The customer's address for mail.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub email: Option<Cow<'a, str>>,
    /// The customer's telephone number.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub phone: Option<Cow<'a, str>>,
    /// The customer. Not every order has one.
    #[serde(borrow)]
    pub customer: Option<Customer<'a>>,
    /// The ordered items.
    #[serde(borrow, default)]
    pub line_items: Vec<LineItem<'a>>,
    /// The ways of shipping, and their prices.
    #[serde(borrow, default)]
    pub shipping_lines: Vec<ShippingLine<'a>>,
    /// The codes that were given for discounts.
    #[serde(borrow, default)]
    pub discount_codes: Vec<DiscountCode<'a>>,
    /// The shipping address.
    #[serde(borrow)]
    pub shipping_address: Option<Address<'a>>,
    /// The billing address.
    #[serde(borrow)]
    pub billing_address: Option<Address<'a>>,
    /// A note by the customer or the shop.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub note: Option<Cow<'a, str>>,
    /// Its tags, with commas in between.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub tags: Option<Cow<'a, str>>,
    /// The source, such as `web` or `pos`.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub source_name: Option<Cow<'a, str>>,
}

open_enum! {
    /// The payment status of an order. `expired` is *unconfirmed*.
    FinancialStatus {
        Authorized = "authorized",
        Expired = "expired",
        Paid = "paid",
        PartiallyPaid = "partially_paid",
        PartiallyRefunded = "partially_refunded",
        Pending = "pending",
        Refunded = "refunded",
        Voided = "voided",
    }
}

open_enum! {
    /// The shipping status of an order or a part of it.
    FulfillmentStatus {
        Fulfilled = "fulfilled",
        Partial = "partial",
        Restocked = "restocked",
    }
}

open_enum! {
    /// The reason why an order was cancelled.
    CancelReason {
        Customer = "customer",
        Declined = "declined",
        Fraud = "fraud",
        Inventory = "inventory",
        Other = "other",
        Staff = "staff",
    }
}

/// A part of an order: some number of the same thing.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct LineItem<'a> {
    /// Its id.
    pub id: u64,
    /// The product; none if it is deleted, or never was one.
    pub product_id: Option<u64>,
    /// The variant of the product.
    pub variant_id: Option<u64>,
    /// The product and its variant, in words.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// The product.
    #[serde(borrow)]
    pub title: Cow<'a, str>,
    /// The variant.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub variant_title: Option<Cow<'a, str>>,
    /// The shop's own number for it.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub sku: Option<Cow<'a, str>>,
    /// The vendor.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub vendor: Option<Cow<'a, str>>,
    /// The ordered quantity.
    pub quantity: u64,
    /// The current quantity, after edits and refunds.
    pub current_quantity: Option<u64>,
    /// The price of one, before discounts.
    #[serde(borrow)]
    pub price: Cow<'a, str>,
    /// The discounts on it alone.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub total_discount: Option<Cow<'a, str>>,
    /// The shipping status.
    #[serde(borrow)]
    pub fulfillment_status: Option<FulfillmentStatus<'a>>,
    /// It must be shipped.
    #[serde(default)]
    pub requires_shipping: bool,
    /// Taxes apply to it.
    #[serde(default)]
    pub taxable: bool,
    /// It is a gift card.
    #[serde(default)]
    pub gift_card: bool,
}

/// A way of shipping.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ShippingLine<'a> {
    /// Its title.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub title: Option<Cow<'a, str>>,
    /// The name for programs.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub code: Option<Cow<'a, str>>,
    /// The price, before discounts.
    #[serde(borrow)]
    pub price: Cow<'a, str>,
}

/// A code for a discount.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct DiscountCode<'a> {
    /// The code.
    #[serde(borrow)]
    pub code: Cow<'a, str>,
    /// The amount of the discount.
    #[serde(borrow)]
    pub amount: Cow<'a, str>,
    /// The kind, such as `percentage` or `fixed_amount`.
    #[serde(borrow, rename = "type", default, deserialize_with = "text::optional")]
    pub kind: Option<Cow<'a, str>>,
}

/// A customer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Customer<'a> {
    /// Its id.
    pub id: u64,
    /// The address for mail.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub email: Option<Cow<'a, str>>,
    /// The telephone number.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub phone: Option<Cow<'a, str>>,
    /// The first name.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub first_name: Option<Cow<'a, str>>,
    /// The last name.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub last_name: Option<Cow<'a, str>>,
}

/// A postal address.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Address<'a> {
    /// The whole name.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub name: Option<Cow<'a, str>>,
    /// The first name.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub first_name: Option<Cow<'a, str>>,
    /// The last name.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub last_name: Option<Cow<'a, str>>,
    /// The company.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub company: Option<Cow<'a, str>>,
    /// The first line.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub address1: Option<Cow<'a, str>>,
    /// The second line.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub address2: Option<Cow<'a, str>>,
    /// The town.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub city: Option<Cow<'a, str>>,
    /// The postal code.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub zip: Option<Cow<'a, str>>,
    /// The province or state.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub province: Option<Cow<'a, str>>,
    /// Its code.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub province_code: Option<Cow<'a, str>>,
    /// The country.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub country: Option<Cow<'a, str>>,
    /// Its code, of two letters.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub country_code: Option<Cow<'a, str>>,
    /// The telephone number.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub phone: Option<Cow<'a, str>>,
}
