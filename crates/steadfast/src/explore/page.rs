//! What was found, as one page that needs nothing else: no script, no font, no file beside it.

use steadfast_explore::timeline::{escaped, svg};

use super::report::Report;

const STYLE: &str = "body{font:15px/1.5 ui-sans-serif,system-ui,sans-serif;color:#1f2933;margin:2rem auto;\
                     max-width:70rem;padding:0 1rem}h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.5rem}\
                     table{border-collapse:collapse}td,th{border:1px solid #cbd2d9;padding:.3rem .7rem;\
                     text-align:left}code{background:#f1f5f9;padding:.1rem .3rem}figure{margin:1rem 0;\
                     overflow-x:auto}pre{background:#f1f5f9;padding:.6rem .8rem;overflow-x:auto}";

/// A page that needs nothing else.
#[must_use]
pub(super) fn document(title: &str, body: &str) -> String {
    let title = escaped(title);
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head><body>\n\
         <h1>{title}</h1>\n{body}</body></html>\n",
    )
}

/// The page: what stands above the pictures, then a picture for each violation.
#[must_use]
pub fn page(title: &str, above: &str, reports: &[Report]) -> String {
    let found: String = reports.iter().filter_map(section).collect();
    let none = if found.is_empty() { "<p>Nothing was found.</p>" } else { "" };
    document(title, &format!("{above}{found}{none}"))
}

fn section(report: &Report) -> Option<String> {
    let told = report.violation.as_ref()?;
    let repairs: String =
        told.repairs().iter().map(|repair| format!("<li>{}</li>", with_code(repair))).collect();
    let again = told.again().map(|again| format!("<p>Again: <code>{}</code></p>", escaped(&again)));
    let nameless = told.nameless.as_ref().map(|why| format!("<p>It has no token: {}.</p>", escaped(why)));
    let again = again.or(nameless).unwrap_or_default();
    let test = told.test().map_or_else(String::new, |test| {
        format!(
            "<details><summary>A test that runs it again, and says where the code has changed since</summary>\
             <pre>{}</pre></details>",
            escaped(&test)
        )
    });
    Some(format!(
        "<h2>{}</h2>\n<p>{}. <strong>{}</strong></p>\n<figure>{}</figure>\n<ul>{repairs}</ul>\n{again}\n{test}\n",
        escaped(&report.name),
        escaped(&told.place(&report.name)),
        escaped(&told.message),
        svg(&told.timeline, &told.about),
    ))
}

/// A sentence in which what stands between backticks is code.
fn with_code(sentence: &str) -> String {
    let parts = sentence.split('`').enumerate();
    let part = |(number, part): (usize, &str)| {
        let part = escaped(part);
        if number % 2 == 1 { format!("<code>{part}</code>") } else { part }
    };
    parts.map(part).collect()
}
