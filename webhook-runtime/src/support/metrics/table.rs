//! The list of all metrics. Series are made from it, recorders get their descriptions from it, and
//! `docs/metrics.md` is generated from it.

#![cfg_attr(
    not(feature = "metrics"),
    allow(dead_code, unreachable_pub, reason = "only the feature reads it")
)]

/// A metric that the crate emits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metric {
    /// The name.
    pub name: &'static str,
    /// The kind.
    pub kind: MetricKind,
    /// The names of the labels.
    pub labels: &'static [&'static str],
    /// The meaning, in a sentence.
    pub description: &'static str,
}

/// The kind of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetricKind {
    /// A number that only grows.
    Counter,
    /// A number that rises and falls.
    Gauge,
    /// A distribution of values: seconds or bytes, as the name says.
    Histogram,
}

const OF_ENDPOINT: &[&str] = &["endpoint", "provider"];
const OF_INBOX: &[&str] = &["endpoint"];

/// Writes the constants and the list of all of them.
macro_rules! metrics {
    ($($constant:ident = $kind:ident $name:literal $labels:expr, $description:expr;)*) => {
        $(
            pub(crate) const $constant: Metric = Metric {
                name: $name,
                kind: MetricKind::$kind,
                labels: $labels,
                description: $description,
            };
        )*

        /// All metrics.
        pub const ALL: &[Metric] = &[$($constant),*];
    };
}

metrics! {
    REQUESTS = Counter "webhook_requests_total" &["endpoint", "provider", "outcome", "reason"],
        "Requests. `outcome` is `accepted`, `duplicate`, `handshake`, `refused` or `failed`; `reason` \
         says why one was refused or failed, and is empty otherwise.";
    REQUEST_DURATION = Histogram "webhook_request_duration_seconds" OF_ENDPOINT,
        "The time from the head of a request to its response, with the body and the handler.";
    VERIFY_DURATION = Histogram "webhook_verify_duration_seconds" OF_ENDPOINT,
        "The time to verify a signature, with the secret or key that is fetched for it.";
    BODY_BYTES = Histogram "webhook_body_bytes" OF_ENDPOINT,
        "The sizes of verified bodies.";
    RATE_LIMITED = Counter "webhook_rate_limited_total" &["endpoint", "by"],
        "Requests that a quota has refused. `by` is `peer` or `endpoint`.";
    SOURCE_LOOKUPS = Counter "webhook_source_lookups_total" &["endpoint", "kind", "outcome"],
        "Lookups in a source. `kind` is `secret` or `key`. `outcome` is `hit` (in the cache), \
         `miss` (fetched), `not_found` or `failed`. A key that is fetched again in time counts as well.";
    BYTES_IN_FLIGHT = Gauge "webhook_in_flight_bytes" &[],
        "Bytes of bodies and large headers in memory, of requests that have no response yet.";
    CONNECTIONS = Gauge "webhook_server_connections" &[],
        "Open connections.";
    CONNECTIONS_ACCEPTED = Counter "webhook_server_connections_accepted_total" &[],
        "Connections that were accepted from the operating system.";
    CONNECTIONS_SHED = Counter "webhook_server_connections_shed_total" &["reason"],
        "Connections that were closed for want of room. `reason` is `displaced` (open, and closed for \
         another one), `refused` (new, and no place to wait) or `evicted` (lost its place to wait to \
         another peer).";
    ACCEPT_FAILURES = Counter "webhook_server_accept_failures_total" &[],
        "Connections that could not be accepted: most likely, the process has too many open files.";
    REQUESTS_SHED = Counter "webhook_server_requests_shed_total" &[],
        "HTTP/2 requests that were refused with 503, because their peer had more than its share in flight.";
    TLS_RELOADS = Counter "webhook_server_tls_reloads_total" &["outcome"],
        "New certificates. `outcome` is `renewed`, or `failed` if the one before stays in use.";
    INBOX_ACKNOWLEDGED = Counter "webhook_inbox_acknowledged_total" OF_INBOX,
        "Deliveries that were stored, so that they can be acknowledged, without duplicates.";
    INBOX_DUPLICATES = Counter "webhook_inbox_duplicates_total" OF_INBOX,
        "Deliveries that were stored before.";
    INBOX_ACK_DURATION = Histogram "webhook_inbox_ack_duration_seconds" OF_INBOX,
        "The time to store the deliveries of a request.";
    INBOX_WAIT_DURATION = Histogram "webhook_inbox_wait_duration_seconds" OF_INBOX,
        "The time from a request to the begin of the first run of its delivery.";
    INBOX_RUN_DURATION = Histogram "webhook_inbox_run_duration_seconds" OF_INBOX,
        "The time that a handler takes.";
    INBOX_RUNS = Counter "webhook_inbox_runs_total" &["endpoint", "outcome"],
        "Runs that have ended. `outcome` is `completed`, `retried`, `dead_lettered`, `expired` (too old to \
         run: a dead letter), `snoozed`, `released` (the process ended, or an operator cancelled it) or \
         `lost` (another worker runs it).";
    INBOX_DELIVERIES = Gauge "webhook_inbox_deliveries" &["endpoint", "state"],
        "Deliveries in the store, of all processes, up to 10,000 of each kind. `state` is `pending` (due, \
         and waits for a slot), `retrying` (waits for its next run), `blocked` (waits for another one with \
         its ordering key), `running` (or claimed ahead) or `dead`. Each process that stores or runs \
         deliveries refreshes it every 15 seconds, as it does the next three.";
    INBOX_LAG = Gauge "webhook_inbox_lag_seconds" OF_INBOX,
        "The time for which the oldest due delivery has been waiting. It is 0 while the endpoint is paused.";
    INBOX_OLDEST_AGE = Gauge "webhook_inbox_oldest_age_seconds" OF_INBOX,
        "The age of the oldest delivery that waits to run, also for a retry or while the endpoint is paused.";
    INBOX_PAUSED = Gauge "webhook_inbox_paused" OF_INBOX,
        "1 while the endpoint is paused, 0 otherwise.";
    INBOX_HOOKS_DROPPED = Counter "webhook_inbox_hooks_dropped_total" &[],
        "Hooks that were not called, because too many ran.";
    INBOX_COMMIT_FAILURES = Counter "webhook_inbox_commit_failures_total" &[],
        "Commits that failed, of deliveries and of the ends of runs, each time that they are tried. Senders get 503 for deliveries \
         that were not stored.";
}
