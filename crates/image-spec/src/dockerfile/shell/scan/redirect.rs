//! Where output goes and input comes from, and here-documents in a script.

use super::Scan;
use crate::dockerfile::{ShellCommand, shell::Redirect, variables::closing};

impl Scan<'_> {
    /// `>file` behind the number `descriptor`, or none where it is a process substitution.
    pub(super) fn redirect(
        &mut self,
        mut operator: String,
        found: &mut Vec<ShellCommand>,
    ) -> Option<Redirect> {
        const OPERATORS: [&str; 10] = ["<<<", "<<-", "<<", "<&", "<>", "<", ">>", ">&", ">|", ">"];
        let sign = OPERATORS.into_iter().find(|sign| self.rest().starts_with(sign))?;
        self.at += sign.len();
        operator.push_str(sign);
        if matches!(sign, "<" | ">") && self.peek() == Some(b'(') {
            let length = closing(self.rest(), b'(', b')').unwrap_or(self.rest().len());
            self.inner(self.at + 1..self.at + length - 1, found);
            self.at += length;
            return None;
        }
        self.blanks();
        let (target, _) = self.word(found);
        if matches!(sign, "<<" | "<<-") && !target.text.is_empty() {
            self.pending.push(target.text.clone());
        }
        Some(Redirect { operator, target })
    }

    /// Passes the text of here-documents.
    pub(super) fn pass_heredocs(&mut self) {
        for name in std::mem::take(&mut self.pending) {
            while self.at < self.text.len() {
                let rest = self.rest();
                let length = rest.find('\n').map_or(rest.len(), |end| end + 1);
                let line = rest.get(..length).unwrap_or_default().trim_end_matches(['\r', '\n']);
                let is_end = line.trim_start_matches('\t') == name;
                self.at += length;
                if is_end {
                    break;
                }
            }
        }
    }
}
