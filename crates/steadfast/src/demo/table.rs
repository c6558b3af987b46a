//! A table for people: columns as wide as their widest cell.

/// The rows under a heading, with two spaces between columns.
#[must_use]
pub fn render<const N: usize>(heading: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = heading.map(str::len);
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: [&str; N]| {
        let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let body = rows.iter().map(|row| line(row.each_ref().map(String::as_str)));
    std::iter::once(line(heading)).chain(body).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align() {
        let rows = [["vm1".to_owned(), "host2".to_owned()], ["vm10".to_owned(), "h".to_owned()]];
        assert_eq!(render(["instance", "host"], &rows), "instance  host\nvm1       host2\nvm10      h");
    }
}
