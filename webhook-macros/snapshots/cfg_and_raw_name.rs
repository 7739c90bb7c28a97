#[cfg(unix)]
#[webhook(path = "/webhook")]
#[cfg(feature = "move")]
pub async fn r#move(payload: Move) {}
