//! The text that a source file has for its readers.

/// The `//!` lines at the top of a Rust file, as Markdown.
///
/// ```
/// assert_eq!(gpu_probe::module_text("//! Title\n//!\n//! More.\n\nuse std;"), "Title\n\nMore.");
/// ```
pub fn module_text(source: &str) -> String {
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    let lines: Vec<&str> = lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    lines.join("\n")
}
