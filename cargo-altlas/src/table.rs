//! Rows of a label and a text, broken at 80 columns.

use crate::report::wrap;

/// A row.
pub(crate) struct Row {
    label: String,
    text: String,
}

impl Row {
    pub(crate) fn new(label: &str, text: String) -> Self {
        Self { label: label.to_owned(), text }
    }
}

/// The rows, their texts one below the other. A label is not written twice in a row.
pub(crate) fn table(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.label.chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    let mut last = "";
    for row in rows {
        let label = if row.label == last { "" } else { row.label.as_str() };
        last = &row.label;
        out.push_str(&wrap(&format!("  {label:width$}  "), width + 4, &row.text));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stand_below_each_other() {
        let rows = [
            Row::new("CUDA", "12.6.3".to_owned()),
            Row::new("CUDA", "12.8".to_owned()),
            Row::new("user", "word ".repeat(20)),
        ];
        let text = table(&rows);
        assert!(text.starts_with("  CUDA  12.6.3\n        12.8\n  user  word word"));
        assert!(text.lines().all(|line| line.chars().count() <= 80));
    }
}
