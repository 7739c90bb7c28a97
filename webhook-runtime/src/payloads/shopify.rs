//! Shopify's [order](https://shopify.dev/docs/api/admin-rest/latest/resources/order), as the topics
//! `orders/create`, `orders/updated`, `orders/paid`, `orders/cancelled`, `orders/fulfilled` and
//! `orders/partially_fulfilled` deliver it. `orders/edited` and `orders/delete` deliver something
//! else.
//!
//! Money is text, such as `"404.95"`, and stays as it was sent: a floating-point number would round
//! it. Times are text, as in RFC 3339.
//!
//! Any field may be missing: a subscription with `include_fields` delivers no others, and what an app
//! has no access to is missing or `null`. A missing list is an empty one.

use std::borrow::Cow;

use serde::Deserialize;

use super::{lenient, open_enum};

/// An order.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Order<'a> {
    /// Its id.
    pub id: Option<u64>,
    /// Its name, as the customer knows it, such as `#1001`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub name: Option<Cow<'a, str>>,
    /// Its number in the shop, counted from 1001.
    pub order_number: Option<u64>,
    /// It is a test.
    pub test: Option<bool>,
    /// The currency of the shop, which all amounts here are in.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub currency: Option<Cow<'a, str>>,
    /// The currency that the customer was shown.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub presentment_currency: Option<Cow<'a, str>>,
    /// The total price when the order was placed.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub total_price: Option<Cow<'a, str>>,
    /// The current total price, after edits, returns and refunds.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub current_total_price: Option<Cow<'a, str>>,
    /// The price of its goods, after discounts.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub subtotal_price: Option<Cow<'a, str>>,
    /// The taxes.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub total_tax: Option<Cow<'a, str>>,
    /// The discounts.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub total_discounts: Option<Cow<'a, str>>,
    /// The amount that is not paid yet.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub total_outstanding: Option<Cow<'a, str>>,
    /// The prices include taxes.
    pub taxes_included: Option<bool>,
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
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub cancelled_at: Option<Cow<'a, str>>,
    /// The time at which it was closed.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub closed_at: Option<Cow<'a, str>>,
    /// The time of its creation at Shopify.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub created_at: Option<Cow<'a, str>>,
    /// The time of the last change.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub updated_at: Option<Cow<'a, str>>,
    /// The time at which it was placed: for an imported order, maybe long before `created_at`.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub processed_at: Option<Cow<'a, str>>,
    /// The customer's address for mail.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub email: Option<Cow<'a, str>>,
    /// The customer's telephone number.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub phone: Option<Cow<'a, str>>,
    /// The customer. Not every order has one.
    #[serde(borrow)]
    pub customer: Option<Customer<'a>>,
    /// The ordered items.
    #[serde(borrow, default, deserialize_with = "lenient::list")]
    pub line_items: Vec<LineItem<'a>>,
    /// The ways of shipping, and their prices.
    #[serde(borrow, default, deserialize_with = "lenient::list")]
    pub shipping_lines: Vec<ShippingLine<'a>>,
    /// The codes that were given for discounts.
    #[serde(borrow, default, deserialize_with = "lenient::list")]
    pub discount_codes: Vec<DiscountCode<'a>>,
    /// The shipping address.
    #[serde(borrow)]
    pub shipping_address: Option<Address<'a>>,
    /// The billing address.
    #[serde(borrow)]
    pub billing_address: Option<Address<'a>>,
    /// A note by the customer or the shop.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub note: Option<Cow<'a, str>>,
    /// Its tags, with commas in between.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub tags: Option<Cow<'a, str>>,
    /// The source, such as `web` or `pos`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
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
    pub id: Option<u64>,
    /// The product; none if it is deleted, or never was one.
    pub product_id: Option<u64>,
    /// The variant of the product.
    pub variant_id: Option<u64>,
    /// The product and its variant, in words.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub name: Option<Cow<'a, str>>,
    /// The product.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub title: Option<Cow<'a, str>>,
    /// The variant.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub variant_title: Option<Cow<'a, str>>,
    /// The shop's own number for it.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub sku: Option<Cow<'a, str>>,
    /// The vendor.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub vendor: Option<Cow<'a, str>>,
    /// The ordered quantity.
    pub quantity: Option<u64>,
    /// The current quantity, after edits and refunds.
    pub current_quantity: Option<u64>,
    /// The price of one, before discounts.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub price: Option<Cow<'a, str>>,
    /// The discounts on it alone.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub total_discount: Option<Cow<'a, str>>,
    /// The shipping status.
    #[serde(borrow)]
    pub fulfillment_status: Option<FulfillmentStatus<'a>>,
    /// It must be shipped.
    pub requires_shipping: Option<bool>,
    /// Taxes apply to it.
    pub taxable: Option<bool>,
    /// It is a gift card.
    pub gift_card: Option<bool>,
}

/// A way of shipping.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ShippingLine<'a> {
    /// Its title.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub title: Option<Cow<'a, str>>,
    /// The name for programs.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub code: Option<Cow<'a, str>>,
    /// The price, before discounts.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub price: Option<Cow<'a, str>>,
}

/// A code for a discount.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct DiscountCode<'a> {
    /// The code.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub code: Option<Cow<'a, str>>,
    /// The amount of the discount.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub amount: Option<Cow<'a, str>>,
    /// The kind, such as `percentage` or `fixed_amount`.
    #[serde(borrow, rename = "type", default, deserialize_with = "lenient::text")]
    pub kind: Option<Cow<'a, str>>,
}

/// A customer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Customer<'a> {
    /// Its id.
    pub id: Option<u64>,
    /// The address for mail.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub email: Option<Cow<'a, str>>,
    /// The telephone number.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub phone: Option<Cow<'a, str>>,
    /// The first name.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub first_name: Option<Cow<'a, str>>,
    /// The last name.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub last_name: Option<Cow<'a, str>>,
}

/// A postal address.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Address<'a> {
    /// The whole name.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub name: Option<Cow<'a, str>>,
    /// The first name.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub first_name: Option<Cow<'a, str>>,
    /// The last name.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub last_name: Option<Cow<'a, str>>,
    /// The company.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub company: Option<Cow<'a, str>>,
    /// The first line.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub address1: Option<Cow<'a, str>>,
    /// The second line.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub address2: Option<Cow<'a, str>>,
    /// The town.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub city: Option<Cow<'a, str>>,
    /// The postal code.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub zip: Option<Cow<'a, str>>,
    /// The province or state.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub province: Option<Cow<'a, str>>,
    /// Its code.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub province_code: Option<Cow<'a, str>>,
    /// The country.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub country: Option<Cow<'a, str>>,
    /// Its code, of two letters.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub country_code: Option<Cow<'a, str>>,
    /// The telephone number.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub phone: Option<Cow<'a, str>>,
}
