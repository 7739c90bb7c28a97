//! The silence of a receiver, which ends a run.

/// The number of cases in a row without an answer after which the rest is not run: each takes as long as
/// an answer may take, and more.
const MAX_IN_A_ROW: u32 = 3;

/// The cases that got no answer.
#[derive(Default)]
pub(super) struct Silence {
    in_a_row: u32,
    /// The reason for which no other case is run.
    end: Option<String>,
}

impl Silence {
    /// Notes that the receiver is gone since a case.
    pub(super) fn gone_since(&mut self, case: &str) {
        self.end = Some(format!("not run: the receiver has not answered since {case}"));
    }

    /// Notes a case that got no answer, of a receiver that answers others.
    pub(super) fn unanswered(&mut self, case: &str) {
        self.in_a_row += 1;
        if self.in_a_row == MAX_IN_A_ROW && self.end.is_none() {
            self.end = Some(format!(
                "not run: {MAX_IN_A_ROW} cases in a row got no answer in time, the last one {case}"
            ));
        }
    }

    /// Notes a case that was answered.
    pub(super) fn answered(&mut self) {
        self.in_a_row = 0;
    }

    /// The reason for which no other case is run.
    pub(super) fn end(&self) -> Option<&str> {
        self.end.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_in_a_row_end_a_run() {
        let mut silence = Silence::default();
        silence.unanswered("a");
        silence.unanswered("b");
        silence.answered();
        silence.unanswered("c");
        silence.unanswered("d");
        assert_eq!(silence.end(), None);
        silence.unanswered("e");
        let end = "not run: 3 cases in a row got no answer in time, the last one e";
        assert_eq!(silence.end(), Some(end));
    }

    #[test]
    fn a_receiver_that_is_gone_ends_a_run() {
        let mut silence = Silence::default();
        silence.gone_since("a");
        assert_eq!(silence.end(), Some("not run: the receiver has not answered since a"));
    }
}
