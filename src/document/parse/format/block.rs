//! `::: columns` and other blocks between fences: a `div` with what their first line says of it.

use std::fmt::Write;

use comrak::Node;
use comrak::html::{ChildRendering, Context};
use comrak::nodes::NodeValue;

use super::{Formatter, Rendered};
use crate::diagnostic::rules;

/// What stands behind the colons of a fence.
#[derive(Default)]
struct Info {
    classes: Vec<String>,
    width: Option<Width>,
    /// A word that is neither.
    wrong: Option<String>,
}

/// How wide a column is to be.
enum Width {
    /// A share of what there is, in percent.
    Share(f64),
    /// A length in CSS.
    Length(String),
}

/// How much of the row a column without a width gets at least.
const SHARE_MIN: f64 = 5.0;

pub(super) fn format_block(
    context: &mut Context<'_, '_, &mut Formatter<'_>>,
    node: Node<'_>,
    entering: bool,
) -> Rendered {
    context.cr()?;
    if !entering {
        context.write_str("</div>")?;
        context.lf()?;
        return Ok(ChildRendering::HTML);
    }
    let info = info_of(node).unwrap_or_default();
    if let Some(word) = &info.wrong {
        let text = context.user.text;
        let message = format!("`{word}` is neither a name nor a width");
        let help = "write a name such as `::: columns`, a width such as `::: column 40%`";
        context.user.tell(text.diagnostic(&rules::BLOCK_FENCE, text.span(node), message, help));
    }
    let mut classes = info.classes.join(" ");
    if let Some(look) = look(&mut context.user.row, node, &info) {
        let class = context.user.looks.class(".column", &look);
        classes.extend([" ", &class]);
    }
    if classes.is_empty() {
        context.write_str("<div>")?;
    } else {
        context.write_str("<div class=\"")?;
        context.escape(&classes)?;
        context.write_str("\">")?;
    }
    context.lf()?;
    Ok(ChildRendering::HTML)
}

/// What the columns of a row say of their widths.
#[derive(Default)]
pub(super) struct Row {
    /// The block that holds them, by its identity.
    block: usize,
    /// The shares that are told, in percent, and how many columns tell none.
    told: f64,
    silent: u32,
}

impl Row {
    fn read(&mut self, block: Node<'_>) {
        let identity = std::ptr::from_ref(block).addr();
        if self.block == identity {
            return;
        }
        *self = Row { block: identity, ..Row::default() };
        for info in block.children().filter_map(info_of).filter(Info::is_column) {
            match info.width {
                Some(Width::Share(share)) => self.told += share,
                Some(Width::Length(_)) => {}
                None => self.silent += 1,
            }
        }
    }
}

/// Returns how a column shares the row with its neighbours, where any of them says something.
fn look(row: &mut Row, node: Node<'_>, info: &Info) -> Option<String> {
    if !info.is_column() {
        return None;
    }
    row.read(node.parent()?);
    let share = match &info.width {
        Some(Width::Length(length)) => return Some(format!("flex:none;width:{length};")),
        Some(Width::Share(share)) => *share,
        None if row.told > 0.0 => ((100.0 - row.told) / f64::from(row.silent)).max(SHARE_MIN),
        None => return None,
    };
    Some(format!("flex-grow:{};", (share * 100.0).round() / 100.0))
}

fn info_of(node: Node<'_>) -> Option<Info> {
    match &node.data().value {
        NodeValue::BlockDirective(block) => Some(read(&block.info)),
        _ => None,
    }
}

/// Reads `column 40%` or `{.column width="40%"}`.
fn read(text: &str) -> Info {
    let braces = text.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let mut info = Info::default();
    for word in braces.unwrap_or(text).split_whitespace() {
        if let Some((key, value)) = word.split_once('=').filter(|_| braces.is_some()) {
            if key == "width" {
                let value = value.trim_matches(['"', '\'']);
                info.take_width(value, word);
            }
            // Other keys are for other tools.
        } else if braces.is_some() && word.starts_with('#') {
            // Ids are ours to give.
        } else if let name = word.strip_prefix('.').filter(|_| braces.is_some()).unwrap_or(word)
            && is_name(name)
        {
            info.classes.push(name.to_owned());
        } else {
            info.take_width(word, word);
        }
    }
    info
}

fn is_name(word: &str) -> bool {
    word.starts_with(char::is_alphabetic)
        && word.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
}

impl Info {
    fn is_column(&self) -> bool {
        self.classes.iter().any(|class| class == "column")
    }

    fn take_width(&mut self, value: &str, word: &str) {
        let number = |text: &str| text.parse::<f64>().ok().filter(|n| *n > 0.0 && n.is_finite());
        if let Some(share) = value.strip_suffix('%').and_then(number) {
            self.width = Some(Width::Share(share.min(100.0)));
        } else if ["px", "em", "rem", "ch", "pt", "cm", "mm", "in"]
            .iter()
            .any(|unit| value.strip_suffix(unit).is_some_and(|n| number(n).is_some()))
        {
            self.width = Some(Width::Length(value.to_owned()));
        } else {
            self.wrong.get_or_insert_with(|| word.to_owned());
        }
    }
}
