//! Lists of records. Each walks along one index, and looks at a limited number of records
//! at a time.
//!
//! A list is in the order of numbers, and so are the indexes that serve it. The conditions that no
//! index serves are judged record by record: a step looks at [`STEP`] of them, and the next one goes
//! on where it ended. So no list takes long, however rare what it looks for is.

use std::fmt::Write as _;

use crate::inbox::{
    record::{DeliveryState, Filter, Seen, millis},
    sql::statements::{Arg, Statement, codes, numbers},
    store::Window,
};

/// The records that one step looks at.
pub(crate) const STEP: u32 = 10_000;

/// The unfinished deliveries that are sorted by number. More than these are found by looking at all
/// records: then they are many among them.
pub(crate) const FEW: u32 = 50_000;

/// The records of a span of time whose numbers are looked up. To look up more than these takes longer
/// than to walk along the newest, which most spans reach to.
const MANY: u32 = 100_000;

/// The answers that a list needs before it begins.
#[derive(Clone, Copy, Default)]
pub(crate) struct Known {
    /// True if there are few unfinished deliveries.
    pub(crate) few_unfinished: bool,
    /// The span of times of receipt, if there are not many records in it.
    pub(crate) received: Option<Received>,
}

/// The records that were received in a span of time.
#[derive(Clone, Copy, Default)]
pub(crate) struct Received {
    pub(crate) count: i64,
    /// The lowest and the highest number.
    pub(crate) first: i64,
    pub(crate) last: i64,
}

impl Received {
    /// The answer; `None` if there are too many records to tell.
    pub(crate) fn of(count: i64, first: Option<i64>, last: Option<i64>) -> Option<Self> {
        // Without any, no number is between these.
        let (first, last) = (first.unwrap_or(1), last.unwrap_or(0));
        (count <= i64::from(MANY)).then_some(Self { count, first, last })
    }

    fn is_few(self) -> bool {
        self.count <= i64::from(FEW)
    }
}

/// Finds the records that were received in the span of time of a filter.
pub(crate) fn received(filter: &Filter, hint: Hint) -> Option<Statement> {
    let received = filter.received.as_ref()?;
    let template = format!(
        "SELECT count(*) AS count, min(id) AS first, max(id) AS last FROM (\
         SELECT id FROM {{s}}deliveries{} WHERE received_at >= $1 AND received_at < $2 LIMIT {}) AS part",
        hint.of("by_received"),
        MANY + 1
    );
    let args = [received.start, received.end].map(|time| Arg::Int(millis(time))).into();
    Some(Statement { template, args })
}

/// True if the filter asks for unfinished deliveries only.
pub(crate) fn asks_for_unfinished(filter: &Filter) -> bool {
    let unfinished = |states: &Vec<DeliveryState>| states.iter().all(|state| !state.is_finished());
    filter.states.as_ref().is_some_and(unfinished)
}

/// Returns a row if there are more than [`FEW`] unfinished deliveries.
pub(crate) fn one_of_many_unfinished(hint: Hint) -> String {
    format!(
        "SELECT 1 FROM (SELECT 1 FROM {{s}}deliveries{} WHERE state < 2 LIMIT {}) AS few LIMIT 1 OFFSET {FEW}",
        hint.of("due"),
        FEW + 1
    )
}

/// The way to tell a database the index to use.
#[derive(Clone, Copy)]
pub(crate) enum Hint {
    #[cfg(feature = "inbox-sqlite")]
    IndexedBy,
    #[cfg(feature = "inbox-postgres")]
    None,
}

impl Hint {
    pub(crate) fn of(self, index: &str) -> String {
        match self {
            #[cfg(feature = "inbox-sqlite")]
            Self::IndexedBy if index.is_empty() => String::new(),
            #[cfg(feature = "inbox-sqlite")]
            Self::IndexedBy => format!(" INDEXED BY webhook_{index}"),
            #[cfg(feature = "inbox-postgres")]
            Self::None => {
                let _ = index;
                String::new()
            }
        }
    }
}

/// A part of the records, in the order of an index.
struct Branch {
    index: &'static str,
    condition: String,
}

/// The statements of one step of a list.
pub(crate) struct Listing<'f> {
    filter: &'f Filter,
    window: Window,
    known: Known,
    hint: Hint,
    args: Vec<Arg>,
    /// The candidates that are read at most.
    most: u32,
}

impl<'f> Listing<'f> {
    pub(crate) fn new(filter: &'f Filter, window: Window, known: Known, hint: Hint) -> Self {
        Self { filter, window, known, hint, args: Vec::new(), most: STEP }
    }

    /// Counts the records of a step.
    pub(crate) fn count(&mut self) -> Statement {
        let found = self.select("id");
        let template = format!("SELECT count(*) AS count FROM ({}) AS found", found.template);
        Statement { template, ..found }
    }

    /// Finds the number of the last record that a step looks at, if there may be more; `None` if
    /// the step looks at all that is left.
    pub(crate) fn end(&mut self) -> Option<Statement> {
        let (candidates, served) = self.candidates("id");
        if served || self.filter.ids.as_ref().is_some_and(|ids| ids.len() < STEP as usize) {
            self.args.clear();
            return None;
        }
        let order = self.order();
        let template = format!(
            "SELECT id FROM ({candidates}) AS c ORDER BY id {order} LIMIT 1 OFFSET {}",
            STEP - 1
        );
        Some(Statement { template, args: std::mem::take(&mut self.args) })
    }

    /// Ends the step at a number, or where there is no more. It was found by a statement of its own:
    /// what comes meanwhile does not push out what the step has yet to look at.
    pub(crate) fn end_at(&mut self, last: Option<i64>) {
        self.most = 2 * STEP;
        match last {
            Some(last) if self.window.newest_first => {
                self.window.after = Some(last.saturating_sub(1));
            }
            Some(last) => self.window.before = Some(last.saturating_add(1)),
            None => {}
        }
    }

    fn order(&self) -> &'static str {
        if self.window.newest_first { "DESC" } else { "ASC" }
    }

    /// Selects these columns of the records of a step.
    pub(crate) fn select(&mut self, columns: &str) -> Statement {
        let (candidates, served) = self.candidates(if columns == "id" { columns } else { "*" });
        let (candidates, rest) = if served {
            (candidates, String::new())
        } else {
            self.args.clear();
            (self.candidates("*").0, self.rest())
        };
        let (order, max) = (self.order(), self.window.max);
        let template = format!(
            "SELECT {columns} FROM ({candidates}) AS c WHERE id IS NOT NULL{rest} \
             ORDER BY id {order} LIMIT {max}"
        );
        Statement { template, args: std::mem::take(&mut self.args) }
    }

    /// These columns of the records that a step looks at, and whether all of them fulfil the filter.
    fn candidates(&mut self, columns: &str) -> (String, bool) {
        let (branches, conditions) = self.branches();
        let served = conditions == self.conditions();
        let most = if served { self.window.max } else { self.most };
        let order = self.order();
        let mut parts = Vec::new();
        for Branch { index, condition } in branches {
            let bounds = self.bounds();
            parts.push(format!(
                "SELECT * FROM (SELECT {columns} FROM {{s}}deliveries{} WHERE {condition}{bounds} \
                 ORDER BY id {order} LIMIT {most}) AS part",
                self.hint.of(index)
            ));
        }
        let candidates = match &parts[..] {
            [one] => one.clone(),
            _ => format!(
                "SELECT * FROM ({}) AS parts ORDER BY id {order} LIMIT {most}",
                parts.join(" UNION ALL ")
            ),
        };
        (candidates, served)
    }

    /// The number of conditions that the filter has beside the bound of numbers.
    fn conditions(&self) -> usize {
        let Filter {
            ids,
            endpoint,
            event,
            provider_id,
            states,
            received,
            tenant,
            error,
            cause,
            attempted,
            retrying,
            seen,
        } = self.filter;
        [
            ids.is_some(),
            endpoint.is_some(),
            event.is_some(),
            provider_id.is_some(),
            states.is_some(),
            received.is_some(),
            tenant.is_some(),
            error.is_some(),
            cause.is_some(),
            attempted.is_some(),
            retrying.is_some(),
            seen.is_some(),
        ]
        .into_iter()
        .filter(|is_set| *is_set)
        .count()
    }

    fn arg(&mut self, arg: Arg) -> String {
        self.args.push(arg);
        format!("${}", self.args.len())
    }

    fn text(&mut self, text: &str) -> String {
        self.arg(Arg::Text(text.to_owned()))
    }

    /// The bounds of numbers.
    fn bounds(&mut self) -> String {
        let Window { after, before, .. } = self.window;
        let (first, last) = match self.known.received {
            Some(Received { first, last, .. }) => {
                (Some(first.saturating_sub(1)), Some(last.saturating_add(1)))
            }
            None => (None, None),
        };
        let seen = self.filter.seen.map(|Seen { id, .. }| id.saturating_add(1));
        let (mut sql, min) = (String::new(), |a: Option<i64>, b: Option<i64>| match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        });
        if let Some(above) = after.max(first) {
            let above = self.arg(Arg::Int(above));
            let _ = write!(sql, " AND id > {above}");
        }
        if let Some(below) = min(min(before, last), seen) {
            let below = self.arg(Arg::Int(below));
            let _ = write!(sql, " AND id < {below}");
        }
        sql
    }

    /// The index that serves the filter best, or several, and the number of conditions that it
    /// fulfils.
    fn branches(&mut self) -> (Vec<Branch>, usize) {
        let one = |index, condition: String| (vec![Branch { index, condition }], 1);
        let filter = self.filter;
        if let Some(ids) = &filter.ids {
            return one("", format!("id IN ({})", numbers(ids.iter().copied())));
        }
        if let Some(tenant) = &filter.tenant {
            let tenant = self.text(tenant);
            return one("by_tenant", format!("tenant_name = {tenant}"));
        }
        if let Some(cause) = filter.cause {
            let cause = self.arg(Arg::Int(cause));
            return one("by_cause", format!("cause = {cause}"));
        }
        let endpoint = filter.endpoint.as_ref();
        let mut states = filter.states.clone().unwrap_or_default();
        states.sort_unstable_by_key(|state| state.code());
        states.dedup();
        if !states.is_empty() && states.iter().all(|state| state.code() > 3) {
            return self.given_up(&states);
        }
        if filter.error.is_some() {
            let (branches, _) = one("failed", "cause IS NOT NULL".to_owned());
            return (branches, 0);
        }
        if let Some(received) = &filter.received
            && self.known.received.is_some_and(Received::is_few)
        {
            let from = self.arg(Arg::Int(millis(received.start)));
            let until = self.arg(Arg::Int(millis(received.end)));
            return one("by_received", format!("received_at >= {from} AND received_at < {until}"));
        }
        if self.known.few_unfinished && !states.is_empty() {
            return (self.unfinished(&states), 0);
        }
        if let Some(event) = &filter.event {
            let event = self.text(event);
            return one("by_event", format!("event = {event}"));
        }
        if let Some(endpoint) = endpoint {
            let endpoint = self.text(endpoint);
            return one("by_endpoint", format!("endpoint = {endpoint}"));
        }
        let (branches, _) = one("", "id IS NOT NULL".to_owned());
        (branches, 0)
    }

    /// Dead letters and what was cancelled.
    fn given_up(&mut self, states: &[DeliveryState]) -> (Vec<Branch>, usize) {
        let (index, of, conditions) = match &self.filter.endpoint {
            None => ("given_up", String::new(), 1),
            Some(endpoint) => {
                let endpoint = self.text(endpoint);
                ("given_up_by_endpoint", format!(" AND endpoint = {endpoint}"), 2)
            }
        };
        let branch = |state: &DeliveryState| {
            let condition = format!("state = {} AND state > 3{of}", state.code());
            Branch { index, condition }
        };
        (states.iter().map(branch).collect(), conditions)
    }

    /// Deliveries that have not ended.
    fn unfinished(&mut self, states: &[DeliveryState]) -> Vec<Branch> {
        let of = match &self.filter.endpoint {
            Some(endpoint) => format!(" AND endpoint = {}", self.text(endpoint)),
            None => String::new(),
        };
        let mut branches = Vec::new();
        let runs = [DeliveryState::Pending, DeliveryState::Running];
        if runs.iter().any(|state| states.contains(state)) {
            let of_these = codes(states);
            let condition = format!("state < 2 AND state IN ({of_these}){of}");
            branches.push(Branch { index: "due", condition });
        }
        if states.contains(&DeliveryState::Blocked) {
            let condition = format!("line IS NOT NULL AND state = 2 AND state <= 2{of}");
            branches.push(Branch { index: "lines", condition });
        }
        branches
    }

    /// All conditions, each after an `AND`.
    fn rest(&mut self) -> String {
        let Filter {
            ids: _,
            endpoint,
            event,
            provider_id,
            states,
            received,
            tenant,
            error,
            cause,
            attempted,
            retrying,
            seen,
        } = self.filter;
        let mut sql = String::new();
        let texts = [
            ("endpoint =", endpoint),
            ("event =", event),
            ("provider_id =", provider_id),
            ("tenant_name =", tenant),
        ];
        for (left, text) in texts {
            if let Some(text) = text {
                let text = self.text(text);
                let _ = write!(sql, " AND {left} {text}");
            }
        }
        let mut numbers = Vec::new();
        if let Some(received) = received {
            numbers.push(("received_at >=", millis(received.start)));
            numbers.push(("received_at <", millis(received.end)));
        }
        if let Some(Seen { at, .. }) = seen {
            numbers.push(("received_at <=", millis(*at)));
            numbers.push(("COALESCE(finished_at, received_at) <=", millis(*at)));
        }
        numbers.extend(cause.map(|cause| ("cause =", cause)));
        for (left, number) in numbers {
            let number = self.arg(Arg::Int(number));
            let _ = write!(sql, " AND {left} {number}");
        }
        if let Some(error) = error {
            let like = self.text(&like(error));
            let _ = write!(sql, " AND lower(reason) LIKE lower({like}) ESCAPE '\\'");
        }
        match attempted {
            Some(true) => sql.push_str(" AND attempt > 0"),
            Some(false) => sql.push_str(" AND attempt <= 0"),
            None => {}
        }
        match retrying {
            Some(true) => sql.push_str(" AND (state <> 0 OR attempt > 0)"),
            Some(false) => sql.push_str(" AND (state <> 0 OR attempt <= 0)"),
            None => {}
        }
        if let Some(states) = states {
            let _ = write!(sql, " AND state IN ({})", codes(states));
        }
        sql
    }
}

/// A pattern of what contains a text.
fn like(part: &str) -> String {
    let mut pattern = String::from("%");
    for c in part.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// Finds the deliveries with a provider's id: of each block of 1,024 numbers, by the index
/// `by_provider_id`, the newest block first. `$1` is the id, `$2` how many are wanted.
pub(crate) const BY_PROVIDER_ID: &str = "WITH RECURSIVE b (n) AS (\
     SELECT (SELECT i.id >> 10 FROM {s}deliveries AS i WHERE i.provider_id IS NOT NULL \
     ORDER BY i.id >> 10 DESC LIMIT 1) \
     UNION ALL SELECT (SELECT i.id >> 10 FROM {s}deliveries AS i WHERE i.provider_id IS NOT NULL \
     AND i.id >> 10 < b.n ORDER BY i.id >> 10 DESC LIMIT 1) FROM b WHERE b.n IS NOT NULL) \
     SELECT d.id FROM b CROSS JOIN {s}deliveries AS d \
     WHERE d.id >> 10 = b.n AND d.provider_id = $1 LIMIT $2";
