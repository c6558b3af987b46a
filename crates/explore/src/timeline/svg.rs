//! A timeline as a picture: a column for each actor, time downwards, each stale read joined to the write that made it
//! stale, and that to the step that acted on the read.

use std::fmt::Write;

use super::{Stale, Timeline};

const COLUMN: usize = 320;
const ROW: usize = 34;
const HEADS: usize = 52;
const LEFT: usize = 24;
const BOX_WIDTH: usize = 220;
const BOX_HEIGHT: usize = 26;
const LINE: usize = 19;

/// How wide a character is taken to be, by the size of its letters: a little wider than most.
const TITLE_CHAR: usize = 9;
const WORD_CHAR: usize = 7;

/// How many stale reads are drawn: more would hide each other.
const STALE_MAX: usize = 2;

const INK: &str = "#1f2933";
const FAINT: &str = "#7b8794";
const PLAIN: &str = "#cbd2d9";
const READ: &str = "#2563eb";
const WRITE: &str = "#b45309";
const WRONG: &str = "#b91c1c";

/// The picture, as a whole SVG document with its own colours: it can stand on a page of any colour.
#[must_use]
pub fn svg(timeline: &Timeline, title: &str) -> String {
    let shown: Vec<&Stale> = timeline.stale.iter().take(STALE_MAX).collect();
    let width = LEFT * 2 + timeline.actors.len().max(2) * COLUMN - (COLUMN - BOX_WIDTH);
    let titles = wrapped(title, (width - LEFT * 2) / TITLE_CHAR);
    let below = legend(timeline, &shown, (width - LEFT * 2) / WORD_CHAR);
    let top = 14 + titles.len() * 22 + HEADS;
    let end = top + timeline.moments.len() * ROW;
    let height = end + 20 + below.len() * LINE;
    let drawing = Drawing { timeline, shown: &shown, top };
    let mut svg = String::new();
    push(
        &mut svg,
        &format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"ui-sans-serif, system-ui, sans-serif\" font-size=\"12\" role=\"img\">"
        ),
    );
    push(&mut svg, &format!("<title>{}</title>", escaped(title)));
    push(&mut svg, &format!("<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>"));
    for (line, words) in titles.iter().enumerate() {
        push(&mut svg, &text(LEFT, 30 + line * 22, INK, "font-size=\"16\" font-weight=\"600\"", words));
    }
    drawing.columns(&mut svg, end);
    (0..timeline.moments.len()).for_each(|row| push(&mut svg, &drawing.moment(row)));
    shown.iter().for_each(|stale| push(&mut svg, &drawing.joined(stale)));
    for (line, (colour, words)) in below.iter().enumerate() {
        push(&mut svg, &text(LEFT, end + 22 + line * LINE, colour, "", words));
    }
    push(&mut svg, "</svg>");
    svg
}

/// What the lines mean, and what is wrong.
fn legend(timeline: &Timeline, shown: &[&Stale], width: usize) -> Vec<(&'static str, String)> {
    let mut below: Vec<(&'static str, String)> = Vec::new();
    for Stale { read, written, acted, object, .. } in shown {
        let (read, written, acted) = (read + 1, written + 1, acted + 1);
        below.push((READ, format!("step {read} reads: {object}")));
        below.push((WRITE, format!("step {written} changes it")));
        below.push((WRONG, format!("step {acted} acts on what step {read} saw")));
    }
    if let Some(wrong) = &timeline.wrong {
        below.extend(wrapped(&wrong.message, width).into_iter().map(|line| (WRONG, line)));
    }
    below
}

struct Drawing<'a> {
    timeline: &'a Timeline,
    shown: &'a [&'a Stale],
    top: usize,
}

impl Drawing<'_> {
    fn columns(&self, svg: &mut String, end: usize) {
        for (column, actor) in self.timeline.actors.iter().enumerate() {
            let (x, y) = (LEFT + column * COLUMN, self.top - 28);
            push(svg, &text(x, y, INK, "font-weight=\"600\" font-size=\"13\"", &actor.task));
            push(svg, &text(x, y + 16, FAINT, "font-size=\"11\"", &actor.node));
            let (middle, top) = (x + BOX_WIDTH / 2, self.top);
            push(
                svg,
                &format!(
                    "<line x1=\"{middle}\" y1=\"{top}\" x2=\"{middle}\" y2=\"{end}\" stroke=\"#e4e7eb\"/>"
                ),
            );
        }
    }

    /// Where a step stands.
    fn place(&self, row: usize) -> (usize, usize) {
        (LEFT + self.timeline.moments[row].actor * COLUMN, self.top + row * ROW)
    }

    /// The colour of a step: of what it has to do with the violation.
    fn colour(&self, row: usize) -> &'static str {
        let wrong = self.timeline.wrong.as_ref().is_some_and(|wrong| wrong.after.is_some());
        let last = wrong && row + 1 == self.timeline.moments.len();
        if last || self.shown.iter().any(|stale| stale.acted == row) {
            WRONG
        } else if self.shown.iter().any(|stale| stale.written == row) {
            WRITE
        } else if self.shown.iter().any(|stale| stale.read == row) {
            READ
        } else {
            PLAIN
        }
    }

    fn moment(&self, row: usize) -> String {
        let moment = &self.timeline.moments[row];
        let ((x, y), colour) = (self.place(row), self.colour(row));
        let fill = if moment.fault { "#fef2f2" } else { "#f8fafc" };
        let mark = if moment.fault { "⚡ " } else { "" };
        let wide = if colour == PLAIN { 1 } else { 2 };
        let hover = format!("reads {}; writes {}", or_nothing(&moment.reads), or_nothing(&moment.writes));
        format!(
            "<g><title>{}</title><rect x=\"{x}\" y=\"{y}\" width=\"{BOX_WIDTH}\" height=\"{BOX_HEIGHT}\" rx=\"5\" \
             fill=\"{fill}\" stroke=\"{colour}\" stroke-width=\"{wide}\"/>{}</g>",
            escaped(&hover),
            text(x + 10, y + 17, INK, "", &format!("{}  {mark}{}", row + 1, moment.label)),
        )
    }

    /// A dashed line from the read to the write that made it stale, and a line from there to the step that acted.
    fn joined(&self, stale: &Stale) -> String {
        let side = |row: usize, towards: usize| {
            let (x, y) = self.place(row);
            let right = self.place(towards).0 > x;
            (if right { x + BOX_WIDTH } else { x }, y + BOX_HEIGHT / 2)
        };
        let arc = |from: usize, to: usize, colour: &str, dash: &str| {
            let ((x1, y1), (x2, y2)) = (side(from, to), side(to, from));
            let bend = (x1 + x2) / 2;
            format!(
                "<path d=\"M {x1} {y1} C {bend} {y1}, {bend} {y2}, {x2} {y2}\" fill=\"none\" stroke=\"{colour}\" \
                 stroke-width=\"2\" {dash}/><circle cx=\"{x2}\" cy=\"{y2}\" r=\"4\" fill=\"{colour}\"/>"
            )
        };
        let made_stale = arc(stale.read, stale.written, READ, "stroke-dasharray=\"5 4\"");
        format!("{made_stale}{}", arc(stale.written, stale.acted, WRONG, ""))
    }
}

fn or_nothing(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

/// A text in lines of at most so many characters, as far as its words are no longer.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is a line");
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

fn text(x: usize, y: usize, colour: &str, more: &str, words: &str) -> String {
    format!("<text x=\"{x}\" y=\"{y}\" fill=\"{colour}\" {more}>{}</text>", escaped(words))
}

/// A text as it stands between tags.
#[must_use]
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn push(svg: &mut String, part: &str) {
    writeln!(svg, "{part}").expect("a string takes everything");
}
