//! A timeline as a picture: a column for each actor, time downwards, each stale read joined to the write that made it
//! stale and to the step that acted on it.

use std::fmt::Write;

use super::{Stale, Timeline};

const COLUMN: usize = 250;
const ROW: usize = 34;
const TOP: usize = 92;
const LEFT: usize = 24;
const BOX_WIDTH: usize = 214;
const BOX_HEIGHT: usize = 24;
const FOOT: usize = 64;

/// How many stale reads are drawn: more would hide each other.
const STALE_MAX: usize = 2;

const INK: &str = "#1f2933";
const FAINT: &str = "#9aa5b1";
const READ: &str = "#2563eb";
const WRITE: &str = "#b45309";
const WRONG: &str = "#b91c1c";

/// The picture, as a whole SVG document with its own colours: it can stand on a page of any colour.
#[must_use]
pub fn svg(timeline: &Timeline, title: &str) -> String {
    let (columns, rows) = (timeline.actors.len(), timeline.moments.len());
    let (width, height) = (LEFT * 2 + columns.max(2) * COLUMN, TOP + rows * ROW + FOOT);
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
    push(&mut svg, &words(LEFT, 28, INK, "font-size=\"16\" font-weight=\"600\"", title));
    for (column, actor) in timeline.actors.iter().enumerate() {
        let x = LEFT + column * COLUMN;
        push(&mut svg, &words(x, 54, INK, "font-weight=\"600\"", &actor.task));
        push(&mut svg, &words(x, 70, FAINT, "", &actor.node));
        let (middle, end) = (x + 12, TOP + rows * ROW);
        push(
            &mut svg,
            &format!("<line x1=\"{middle}\" y1=\"{TOP}\" x2=\"{middle}\" y2=\"{end}\" stroke=\"#e4e7eb\"/>"),
        );
    }
    let shown: Vec<&Stale> = timeline.stale.iter().take(STALE_MAX).collect();
    for row in 0..rows {
        push(&mut svg, &moment(timeline, row, &shown));
    }
    shown.iter().for_each(|stale| push(&mut svg, &joined(timeline, stale)));
    if let Some(wrong) = &timeline.wrong {
        let y = TOP + rows * ROW + 30;
        push(&mut svg, &words(LEFT, y, WRONG, "font-weight=\"600\"", &wrong.message));
    }
    push(&mut svg, "</svg>");
    svg
}

/// Where a step stands.
fn place(timeline: &Timeline, row: usize) -> (usize, usize) {
    (LEFT + timeline.moments[row].actor * COLUMN, TOP + row * ROW)
}

fn moment(timeline: &Timeline, row: usize, shown: &[&Stale]) -> String {
    let moment = &timeline.moments[row];
    let (x, y) = place(timeline, row);
    let last = row + 1 == timeline.moments.len()
        && timeline.wrong.as_ref().is_some_and(|wrong| wrong.after.is_some());
    let edge = if last || shown.iter().any(|stale| stale.acted == row) {
        WRONG
    } else if shown.iter().any(|stale| stale.written == row) {
        WRITE
    } else if shown.iter().any(|stale| stale.read == row) {
        READ
    } else {
        "#cbd2d9"
    };
    let fill = if moment.fault { "#fef2f2" } else { "#f8fafc" };
    let mark = if moment.fault { "⚡ " } else { "" };
    let label = format!("{} {mark}{}", row + 1, moment.label);
    let wide = if edge == "#cbd2d9" { 1 } else { 2 };
    let hover = format!("reads {}; writes {}", or_nothing(&moment.reads), or_nothing(&moment.writes));
    format!(
        "<g><title>{}</title><rect x=\"{x}\" y=\"{y}\" width=\"{BOX_WIDTH}\" height=\"{BOX_HEIGHT}\" rx=\"5\" \
         fill=\"{fill}\" stroke=\"{edge}\" stroke-width=\"{wide}\"/>{}</g>",
        escaped(&hover),
        words(x + 8, y + 16, INK, "", &label),
    )
}

/// A line from the read down to the write that made it stale, and from there to the step that acted on the read.
fn joined(timeline: &Timeline, stale: &Stale) -> String {
    let side = |row: usize, towards: usize| {
        let (x, y) = place(timeline, row);
        let right = place(timeline, towards).0 > x;
        (if right { x + BOX_WIDTH } else { x }, y + BOX_HEIGHT / 2)
    };
    let arc = |from: usize, to: usize, colour: &str, dash: &str| {
        let ((x1, y1), (x2, y2)) = (side(from, to), side(to, from));
        let bend = (x1 + x2) / 2;
        format!(
            "<path d=\"M {x1} {y1} C {bend} {y1}, {bend} {y2}, {x2} {y2}\" fill=\"none\" stroke=\"{colour}\" \
             stroke-width=\"1.5\" {dash}/><circle cx=\"{x2}\" cy=\"{y2}\" r=\"3\" fill=\"{colour}\"/>"
        )
    };
    let (x, y) = side(stale.read, stale.written);
    let beside = if place(timeline, stale.written).0 > place(timeline, stale.read).0 {
        words(x + 6, y - 6, READ, "font-size=\"10\"", &format!("read {}", stale.object))
    } else {
        words(
            x.saturating_sub(6),
            y - 6,
            READ,
            "font-size=\"10\" text-anchor=\"end\"",
            &format!("read {}", stale.object),
        )
    };
    let made_stale = arc(stale.read, stale.written, READ, "stroke-dasharray=\"4 3\"");
    format!("{made_stale}{}{beside}", arc(stale.written, stale.acted, WRONG, ""))
}

fn or_nothing(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

fn words(x: usize, y: usize, colour: &str, more: &str, text: &str) -> String {
    format!("<text x=\"{x}\" y=\"{y}\" fill=\"{colour}\" {more}>{}</text>", escaped(text))
}

pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn push(svg: &mut String, part: &str) {
    writeln!(svg, "{part}").expect("a string takes everything");
}
