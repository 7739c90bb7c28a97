//! The functions of the programs.

use webhook_benches::{
    SECRET,
    payload::{Comment, Text, handled},
};
use webhook_runtime::{Inbox, Secret, Tx, Webhooks, inbox::InboxError, providers::GITHUB, webhook};

/// Each delivery writes a row.
const EFFECT: &str = "INSERT INTO effects VALUES (1)";

/// The path of the second endpoint is as long as that of the first.
pub(crate) const SECOND_PATH: &str = "/second_comment";

macro_rules! mounted {
    ($function:path) => {
        Webhooks::new().mount::<$function>().secrets::<$function>([Secret::new(SECRET)])
    };
}

pub(crate) fn not_stored() -> Webhooks {
    mounted!(at_once::commit_comment)
}

pub(crate) fn stored(inbox: Inbox) -> Webhooks {
    mounted!(later::commit_comment).inbox(inbox)
}

pub(crate) fn two(inbox: Inbox, second: Inbox) -> Webhooks {
    stored(inbox)
        .mount::<later::second>()
        .secrets::<later::second>([Secret::new(SECRET)])
        .inbox_on::<later::second>(second)
}

pub(crate) fn tx_of_sqlite(inbox: Inbox) -> Webhooks {
    mounted!(in_sqlite::commit_comment).inbox(inbox)
}

pub(crate) fn tx_of_postgres(inbox: Inbox) -> Webhooks {
    mounted!(in_postgres::commit_comment).inbox(inbox)
}

mod at_once {
    use super::{Comment, GITHUB, Text, handled, webhook};

    #[webhook(path = "/commit_comment", provider = GITHUB)]
    pub(super) async fn commit_comment(payload: Comment<Text<'_>>) -> &'static str {
        handled(&payload)
    }
}

mod later {
    use super::{Comment, GITHUB, Text, handled, webhook};

    #[webhook(path = "/commit_comment", provider = GITHUB, inbox)]
    pub(super) async fn commit_comment(payload: Comment<Text<'_>>) -> &'static str {
        handled(&payload)
    }

    #[webhook(path = "/second_comment", provider = GITHUB, inbox)]
    pub(super) async fn second(payload: Comment<Text<'_>>) -> &'static str {
        handled(&payload)
    }
}

mod in_sqlite {
    use super::{Comment, EFFECT, GITHUB, InboxError, Text, Tx, handled, webhook};

    #[webhook(path = "/commit_comment", provider = GITHUB, inbox)]
    pub(super) async fn commit_comment(
        mut tx: Tx,
        payload: Comment<Text<'_>>,
    ) -> Result<&'static str, InboxError> {
        sqlx::query(EFFECT).execute(tx.sqlite().await?).await?;
        Ok(handled(&payload))
    }
}

mod in_postgres {
    use super::{Comment, EFFECT, GITHUB, InboxError, Text, Tx, handled, webhook};

    #[webhook(path = "/commit_comment", provider = GITHUB, inbox)]
    pub(super) async fn commit_comment(
        mut tx: Tx,
        payload: Comment<Text<'_>>,
    ) -> Result<&'static str, InboxError> {
        sqlx::query(EFFECT).execute(tx.postgres().await?).await?;
        Ok(handled(&payload))
    }
}
