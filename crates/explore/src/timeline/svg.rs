//! A timeline as a picture: a column for each actor, time downwards. Each stale read is joined to the write that made
//! it stale and to the step that acted on it; two reads that do not fit together say what each of them saw.

use std::fmt::Write;

use super::Timeline;
use super::mark::{Join, Marks};

const COLUMN: usize = 350;
const HEADS: usize = 52;
const LEFT: usize = 24;
const BOX_WIDTH: usize = 270;
const LINE: usize = 19;

/// How high the box of a step is, alone and with a word on what it has to do with the violation, and how much is
/// between boxes.
const BOX_HEIGHT: usize = 24;
const MARKED_HEIGHT: usize = 42;
const GAP: usize = 7;

/// How far outside of a column reads are joined to what acted on them, and how much farther the next act has them.
const OUTSIDE: usize = 18;
const FARTHER: usize = 10;

/// How wide a character is taken to be, by the size of its letters: a little wider than most.
const TITLE_CHAR: usize = 9;
const WORD_CHAR: usize = 7;

/// How many characters a line in a box has room for.
const BOX_CHARS: usize = 42;

pub(super) const INK: &str = "#1f2933";
pub(super) const FAINT: &str = "#7b8794";
pub(super) const PLAIN: &str = "#cbd2d9";
pub(super) const READ: &str = "#2563eb";
pub(super) const WRITE: &str = "#b45309";
pub(super) const WRONG: &str = "#b91c1c";

/// The picture, as a whole SVG document with its own colours: it can stand on a page of any colour.
#[must_use]
pub fn svg(timeline: &Timeline, title: &str) -> String {
    let marks = Marks::of(timeline);
    let columns = timeline.actors.len().max(2);
    let acts = marks.acts();
    let outside = OUTSIDE + FARTHER * acts.len().saturating_sub(1) + GAP;
    let width = LEFT * 2 + columns * COLUMN - (COLUMN - BOX_WIDTH) + outside;
    let titles = wrapped(title, (width - LEFT * 2) / TITLE_CHAR);
    let below = legend(timeline, (width - LEFT * 2) / WORD_CHAR);
    let top = 14 + titles.len() * 22 + HEADS;
    let drawing = Drawing::new(timeline, &marks, top);
    let end = drawing.end();
    let height = end + 20 + below.len() * LINE;
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
    push(&mut svg, &drawing.between());
    (0..timeline.moments.len()).for_each(|row| push(&mut svg, &drawing.moment(row)));
    for join in &marks.joins {
        let number = acts.iter().position(|act| *act == join.to).unwrap_or(0);
        push(&mut svg, &drawing.joined(join, OUTSIDE + FARTHER * number));
    }
    for (line, (colour, words)) in below.iter().enumerate() {
        push(&mut svg, &text(LEFT, end + 22 + line * LINE, colour, "", words));
    }
    push(&mut svg, "</svg>");
    svg
}

/// What was seen that was not so any more, and what is wrong.
fn legend(timeline: &Timeline, width: usize) -> Vec<(&'static str, String)> {
    let lines = |colour, words: &str| wrapped(words, width).into_iter().map(move |line| (colour, line));
    let mut below: Vec<(&'static str, String)> =
        timeline.sights().iter().flat_map(|sight| lines(INK, sight)).collect();
    below.extend(timeline.wrong.iter().flat_map(|wrong| lines(WRONG, &wrong.message)));
    below
}

struct Drawing<'a> {
    timeline: &'a Timeline,
    marks: &'a Marks,
    /// Where each step stands, from the top, and where the last one ends.
    tops: Vec<usize>,
}

impl<'a> Drawing<'a> {
    fn new(timeline: &'a Timeline, marks: &'a Marks, top: usize) -> Self {
        let mut drawing = Drawing { timeline, marks, tops: vec![top] };
        for row in 0..timeline.moments.len() {
            let next = drawing.tops[row] + drawing.height(row) + GAP;
            drawing.tops.push(next);
        }
        drawing
    }

    fn end(&self) -> usize {
        *self.tops.last().expect("there is a top")
    }

    fn height(&self, row: usize) -> usize {
        if self.marks.of_steps.contains_key(&row) { MARKED_HEIGHT } else { BOX_HEIGHT }
    }

    fn columns(&self, svg: &mut String, end: usize) {
        for (column, actor) in self.timeline.actors.iter().enumerate() {
            let (x, y) = (LEFT + column * COLUMN, self.tops[0] - 28);
            push(svg, &text(x, y, INK, "font-weight=\"600\" font-size=\"13\"", &actor.task));
            push(svg, &text(x, y + 16, FAINT, "font-size=\"11\"", &actor.node));
            let (middle, top) = (x + BOX_WIDTH / 2, self.tops[0]);
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
        (LEFT + self.timeline.moments[row].actor * COLUMN, self.tops[row])
    }

    fn middle(&self, row: usize) -> usize {
        self.tops[row] + self.height(row) / 2
    }

    /// What is to be said of the time between two reads, where their column has room for it.
    fn between(&self) -> String {
        let Some((from, to, words)) = &self.marks.between else { return String::new() };
        let (x, y) = (self.place(*from).0, self.tops[*from] + self.height(*from) + GAP);
        let actor = self.timeline.moments[*from].actor;
        let empty = (from + 1..*to).all(|row| self.timeline.moments[row].actor != actor);
        let high = self.tops[*to].saturating_sub(y + GAP);
        if !empty || high < (words.len() + 1) * LINE {
            return String::new();
        }
        let mut drawn = format!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{BOX_WIDTH}\" height=\"{high}\" rx=\"5\" fill=\"#fef2f2\"/>"
        );
        let first = y + (high - words.len() * LINE) / 2 + 14;
        let centred = "text-anchor=\"middle\" font-weight=\"600\"";
        for (line, words) in words.iter().enumerate() {
            drawn.push_str(&text(x + BOX_WIDTH / 2, first + line * LINE, WRONG, centred, words));
        }
        drawn
    }

    fn moment(&self, row: usize) -> String {
        let moment = &self.timeline.moments[row];
        let ((x, y), high) = (self.place(row), self.height(row));
        let wrong = self.timeline.wrong.as_ref().is_some_and(|wrong| wrong.after.is_some());
        let last = wrong && row + 1 == self.timeline.moments.len();
        let mark = self.marks.of_steps.get(&row);
        let plain = if last { WRONG } else { PLAIN };
        let colour = mark.map_or(plain, |(colour, _)| colour);
        let (ink, wide) = if colour == PLAIN { (FAINT, 1) } else { (INK, 2) };
        let fill = if moment.fault { "#fef2f2" } else { "#f8fafc" };
        let bolt = if moment.fault { "⚡ " } else { "" };
        let hover = format!("reads {}; writes {}", or_nothing(&moment.reads), or_nothing(&moment.writes));
        let label = text(x + 10, y + 16, ink, "", &format!("{}  {bolt}{}", row + 1, moment.label));
        let word = mark.map_or_else(String::new, |(colour, words)| {
            text(x + 10, y + 34, colour, "font-size=\"11\"", &cut(words))
        });
        format!(
            "<g><title>{}</title><rect x=\"{x}\" y=\"{y}\" width=\"{BOX_WIDTH}\" height=\"{high}\" rx=\"5\" \
             fill=\"{fill}\" stroke=\"{colour}\" stroke-width=\"{wide}\"/>{label}{word}</g>",
            escaped(&hover),
        )
    }

    /// A line between two steps: bent between columns, or around the outside of one.
    fn joined(&self, join: &Join, outside: usize) -> String {
        let Join { from, to, colour, dashed } = join;
        let ((x1, _), (x2, _)) = (self.place(*from), self.place(*to));
        let (y1, y2) = (self.middle(*from), self.middle(*to));
        let (x1, x2, bend) = match x1.cmp(&x2) {
            std::cmp::Ordering::Equal => (x1 + BOX_WIDTH, x2 + BOX_WIDTH, x1 + BOX_WIDTH + outside),
            std::cmp::Ordering::Less => (x1 + BOX_WIDTH, x2, (x1 + BOX_WIDTH + x2) / 2),
            std::cmp::Ordering::Greater => (x1, x2 + BOX_WIDTH, (x1 + x2 + BOX_WIDTH) / 2),
        };
        let dash = if *dashed { " stroke-dasharray=\"5 4\"" } else { "" };
        let path = if x1 == x2 {
            format!("M {x1} {y1} H {bend} V {y2} H {x2}")
        } else {
            format!("M {x1} {y1} C {bend} {y1}, {bend} {y2}, {x2} {y2}")
        };
        format!(
            "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dash}/>\
             <circle cx=\"{x2}\" cy=\"{y2}\" r=\"4\" fill=\"{colour}\"/>"
        )
    }
}

fn or_nothing(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

/// As much of a line as a box has room for.
fn cut(words: &str) -> String {
    if words.chars().count() <= BOX_CHARS {
        return words.to_owned();
    }
    words.chars().take(BOX_CHARS - 1).chain(['…']).collect()
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
    if !part.is_empty() {
        writeln!(svg, "{part}").expect("a string takes everything");
    }
}
