#[webhook(pth = "/webhook", max_body)]
fn two_in_the_attribute_one_below(order: Order<'_>) {}
