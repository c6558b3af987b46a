//! A run in a few characters: where it did not do as usual, and a check of the names of all its steps.
//!
//! A token says which points with several options came between two switches, and which of the options was taken. How
//! many options there were is known when it is read, so it need not be said. Its last three characters are a check: a
//! token of other code is refused instead of showing something else.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::executor::StepId;
use crate::replay::{Replayed, Switch, follow};
use crate::run::{Limits, Unfinished};
use crate::world::Scenario;

const ALPHABET: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";

/// How many characters of a token are its check.
const CHECK_LEN: usize = 3;

/// The longest token that is read. A run of the longest kind with a switch at each step is shorter.
const TOKEN_LEN_MAX: usize = 1_000;

/// A run of some scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token(String);

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a token does not name a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenError {
    /// It was never a token.
    Malformed,
    /// The scenario, or the code under it, has changed since the token was made: its steps are others now, those here.
    OtherCode(Vec<StepId>),
    /// The run was given up: the code under it has changed.
    Unfinished(Unfinished),
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TokenError::Malformed => "this is not a token: copy it whole, as it was printed",
            TokenError::OtherCode(_) | TokenError::Unfinished(_) => {
                "the token is of other code, or not as it was printed: the steps of this scenario are not those that it \
                 was made of. Copy it again, or explore the scenario again for a new one"
            }
        })
    }
}

impl std::error::Error for TokenError {}

impl FromStr for Token {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        let known = text.bytes().all(|byte| ALPHABET.contains(&byte));
        if known && text.len() > CHECK_LEN && text.len() <= TOKEN_LEN_MAX {
            return Ok(Token(text.to_owned()));
        }
        Err(TokenError::Malformed)
    }
}

impl Token {
    /// The token of a run.
    #[must_use]
    pub fn of(run: &Replayed) -> Token {
        let mut bits = Bits::default();
        bits.put_count(run.switches.len(), 0);
        let mut next = 0;
        for Switch { point, option } in &run.switches {
            bits.put_count(point - next, GAP_BITS);
            bits.put(*option, width(run.options[*point]));
            next = point + 1;
        }
        Token(bits.text() + &check(run.names))
    }

    /// Runs it again.
    ///
    /// # Errors
    /// When it is no token of this scenario and this code.
    pub fn replay<S: Scenario>(&self, scenario: &S, limits: &Limits) -> Result<Replayed, TokenError> {
        let (switches, _) = self.0.split_at(self.0.len() - CHECK_LEN);
        let mut reader = Reader { bits: Bits::read(switches), at: 0 };
        let mut left = reader.count(0).ok_or(TokenError::Malformed)?;
        let mut next = match left {
            0 => None,
            _ => Some(reader.count(GAP_BITS).ok_or(TokenError::Malformed)?),
        };
        let run = follow(scenario, limits, &Arc::new(scenario.world()), &mut |point, _, usual, others| {
            if next != Some(point) {
                return usual;
            }
            left -= 1;
            let option = reader.take(width(others.len()));
            next = (left > 0).then(|| reader.count(GAP_BITS)).flatten().map(|gap| point + 1 + gap);
            option.and_then(|option| others.get(option)).copied().unwrap_or(usual)
        });
        let run = run.map_err(TokenError::Unfinished)?;
        // One run has one token: what was not read to its end, or could have been shorter, was not printed with it.
        if Token::of(&run) == *self { Ok(run) } else { Err(TokenError::OtherCode(run.path)) }
    }
}

/// Runs exactly these steps again, as [`Token::of`] wants them.
///
/// # Errors
/// When the run does not end within its limits.
pub fn retrace<S: Scenario>(scenario: &S, limits: &Limits, path: &[StepId]) -> Result<Replayed, Unfinished> {
    crate::replay::leniently(scenario, limits, &Arc::new(scenario.world()), path)
}

/// The check of a run's names.
fn check(names: u64) -> String {
    let mut bits = Bits::default();
    bits.put(usize::try_from(names % (1 << (6 * CHECK_LEN))).expect("few bits"), 6 * CHECK_LEN);
    bits.text()
}

/// How many bits tell `options` options apart.
fn width(options: usize) -> usize {
    let last = options.saturating_sub(1);
    usize::try_from(usize::BITS - last.leading_zeros()).expect("few bits")
}

/// The low bits of a gap, which are written as they are: gaps of ten or twenty points are usual.
const GAP_BITS: usize = 2;

#[derive(Debug, Default)]
struct Bits(Vec<bool>);

impl Bits {
    fn put(&mut self, value: usize, width: usize) {
        self.0.extend((0..width).rev().map(|bit| value >> bit & 1 == 1));
    }

    /// A number without a bound: small ones in few bits (Exp-Golomb).
    fn put_count(&mut self, value: usize, low: usize) {
        let high = (value >> low) + 1;
        let width = width(high + 1);
        self.put(0, width - 1);
        self.put(high, width);
        self.put(value & ((1 << low) - 1), low);
    }

    fn text(&self) -> String {
        let value =
            |bits: &[bool]| (0..6).fold(0, |value, at| value << 1 | usize::from(bits.get(at) == Some(&true)));
        self.0.chunks(6).map(|bits| char::from(ALPHABET[value(bits)])).collect()
    }

    fn read(text: &str) -> Bits {
        let mut bits = Bits::default();
        for byte in text.bytes() {
            let value = ALPHABET.iter().position(|known| *known == byte).expect("a token has these only");
            bits.put(value, 6);
        }
        bits
    }
}

struct Reader {
    bits: Bits,
    at: usize,
}

impl Reader {
    fn take(&mut self, width: usize) -> Option<usize> {
        let bits = self.bits.0.get(self.at..self.at + width)?;
        self.at += width;
        Some(bits.iter().fold(0, |value, bit| value << 1 | usize::from(*bit)))
    }

    fn count(&mut self, low: usize) -> Option<usize> {
        let mut zeros = 0;
        while self.take(1)? == 0 {
            zeros += 1;
        }
        // No count in a token needs more: runs are short.
        if zeros > 16 {
            return None;
        }
        let high = (1 << zeros) | self.take(zeros)?;
        Some((high - 1) << low | self.take(low)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_as_they_were_written() {
        for low in [0, GAP_BITS] {
            for value in (0..70).chain([500, 1_000]) {
                let mut bits = Bits::default();
                bits.put_count(value, low);
                bits.put(5, 3);
                let mut reader = Reader { bits: Bits::read(&bits.text()), at: 0 };
                assert_eq!((reader.count(low), reader.take(3)), (Some(value), Some(5)), "{value}, {low}");
            }
        }
    }
}
