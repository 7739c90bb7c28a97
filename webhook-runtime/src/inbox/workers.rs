//! The processes that have workers on one store.

use crate::inbox::{Inbox, Shared, error::InboxError, store::WorkerRecord};

impl Inbox {
    /// Lists the processes that have workers on this store, or had some within the last hour. Each
    /// gives a sign of life every 10 seconds while deliveries run, and about once a minute at rest.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn workers(&self) -> Result<Vec<WorkerRecord>, InboxError> {
        self.shared.store.workers().await
    }
}

impl Inbox {
    /// The number of this process among the [workers](Self::workers), a moment after its workers have
    /// been started.
    #[must_use]
    pub fn worker_id(&self) -> Option<i64> {
        self.shared.worker_id()
    }
}

impl Shared {
    /// The number of this process among the workers, once its row is written.
    pub(crate) fn worker_id(&self) -> Option<i64> {
        self.writer.heart().id()
    }
}

/// The name of this host.
pub(crate) fn host_name() -> String {
    let file = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let variable = || ["HOSTNAME", "COMPUTERNAME"].iter().find_map(|name| std::env::var(name).ok());
    let name = file.or_else(variable).map(|name| name.trim().to_owned());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "localhost".to_owned())
}

/// The name of the executable file of this process.
pub(crate) fn executable() -> String {
    let path = std::env::current_exe().ok();
    let name = path.as_ref().and_then(|path| path.file_name());
    name.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
