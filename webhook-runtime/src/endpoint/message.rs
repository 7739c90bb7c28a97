//! Texts that are put together by the compiler, for errors in constants.

use std::time::Duration;

const MAX_LEN: usize = 1024;

/// A text that grows piece by piece in a constant.
pub(super) struct Message {
    bytes: [u8; MAX_LEN],
    len: usize,
}

impl Message {
    pub(super) const fn new() -> Self {
        Self { bytes: [0; MAX_LEN], len: 0 }
    }

    /// Appends a text, if there is room for all of it.
    pub(super) const fn text(mut self, text: &str) -> Self {
        let text = text.as_bytes();
        if text.len() > MAX_LEN - self.len {
            return self;
        }
        let mut at = 0;
        while at < text.len() {
            self.bytes[self.len + at] = text[at];
            at += 1;
        }
        self.len += text.len();
        self
    }

    /// Appends a time: `5s`, or `1500ms` if it is not in whole seconds.
    pub(super) const fn time(self, time: Duration) -> Self {
        if time.subsec_millis() == 0 {
            self.number(time.as_secs() as u128).text("s")
        } else {
            self.number(time.as_millis()).text("ms")
        }
    }

    const fn number(self, number: u128) -> Self {
        let digit = (number % 10) as u8 + b'0';
        let before = if number < 10 { self } else { self.number(number / 10) };
        match std::str::from_utf8(&[digit]) {
            Ok(digit) => before.text(digit),
            Err(_) => before,
        }
    }

    /// Fails with the text, at the place of the caller.
    #[track_caller]
    pub(super) const fn fail(&self) -> ! {
        match std::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => panic!("{}", text),
            Err(_) => panic!("the endpoint contradicts itself"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(message: &Message) -> &str {
        std::str::from_utf8(&message.bytes[..message.len]).expect("whole texts")
    }

    #[test]
    fn times_are_short() {
        let times = [0, 7, 250, 1_000, 1_500, 90_000].map(Duration::from_millis);
        let texts = times.map(|time| text(&Message::new().time(time)).to_owned());
        assert_eq!(texts, ["0s", "7ms", "250ms", "1s", "1500ms", "90s"]);
    }

    #[test]
    fn a_text_without_room_is_left_out() {
        let long = "ä".repeat(MAX_LEN / 2);
        let message = Message::new().text("a").text(&long).text("b");
        assert_eq!(text(&message), "ab");
    }
}
