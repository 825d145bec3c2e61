//! Parameters from queries, forms and JSON.

use http::request::Parts;
use http::{HeaderMap, header};

use super::RequestLimits;
use crate::{DecodeError, Value, codec};

type Params = Vec<(String, Value)>;

pub(crate) fn gather(
    parts: &Parts,
    body: &[u8],
    limits: RequestLimits,
) -> Result<Params, DecodeError> {
    if body.len() > limits.body_bytes {
        return Err(DecodeError::new(format!("a body of more than {} bytes", limits.body_bytes)));
    }
    let mut form = Form { limits, seen: 0 };
    let mut params = form.read(parts.uri.query().unwrap_or_default().as_bytes())?;
    let more = match media_type(&parts.headers) {
        Media::Form => form.read(body)?,
        Media::Json if body.iter().all(u8::is_ascii_whitespace) => Vec::new(),
        Media::Json => json(body, limits)?,
        Media::Other => Vec::new(),
    };
    for (key, value) in more {
        set(&mut params, &key, value);
    }
    Ok(params)
}

/// Sets a parameter, replacing one of the same name.
pub(super) fn set(params: &mut Params, key: &str, value: Value) {
    match params.iter_mut().find(|(k, _)| k == key) {
        Some((_, old)) => *old = value,
        None => params.push((key.to_owned(), value)),
    }
}

enum Media {
    Form,
    Json,
    Other,
}

fn media_type(headers: &HeaderMap) -> Media {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media = value.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    if media.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        Media::Form
    } else if media.eq_ignore_ascii_case("application/json") {
        Media::Json
    } else {
        Media::Other
    }
}

fn json(body: &[u8], limits: RequestLimits) -> Result<Params, DecodeError> {
    let value = codec::json::read(body)?;
    if value.depth() > limits.depth {
        return Err(too_deep(limits));
    }
    match value {
        Value::Map(entries) if entries.len() > limits.parameters => Err(too_many(limits)),
        Value::Map(entries) => Ok(entries),
        Value::List(items) if items.is_empty() => Ok(Vec::new()),
        other => Err(DecodeError::new(format!("expected a JSON object, found {}", other.kind()))),
    }
}

fn too_many(limits: RequestLimits) -> DecodeError {
    DecodeError::new(format!("more than {} parameters", limits.parameters))
}

fn too_deep(limits: RequestLimits) -> DecodeError {
    DecodeError::new(format!("parameters nested more than {} deep", limits.depth))
}

/// Reads `a=1&b[]=2&b[]=3&c[d]=4`, counting over all its inputs.
struct Form {
    limits: RequestLimits,
    seen: usize,
}

impl Form {
    fn read(&mut self, input: &[u8]) -> Result<Params, DecodeError> {
        let mut root = Branch::default();
        for (key, value) in form_urlencoded::parse(input) {
            self.seen += 1;
            if self.seen > self.limits.parameters {
                return Err(too_many(self.limits));
            }
            let (name, steps) = split_key(&key);
            if steps.len() > self.limits.depth {
                return Err(too_deep(self.limits));
            }
            root.insert(name, &steps, value.into_owned());
        }
        Ok(root.0.into_iter().map(|(key, node)| (key, node.finish())).collect())
    }
}

/// `a[b][]` is the name `a` with the steps `b` and the empty one. A key whose brackets do not
/// close is a plain name.
fn split_key(key: &str) -> (&str, Vec<&str>) {
    let plain = (key, Vec::new());
    let Some(at) = key.find('[').filter(|at| *at > 0) else { return plain };
    let mut steps = Vec::new();
    let mut rest = &key[at..];
    while let Some(inner) = rest.strip_prefix('[') {
        let Some(end) = inner.find(']') else { return plain };
        steps.push(&inner[..end]);
        rest = &inner[end + 1..];
    }
    if rest.is_empty() { (&key[..at], steps) } else { plain }
}

enum Node {
    Leaf(String),
    Inner(Branch),
}

#[derive(Default)]
struct Branch(Vec<(String, Node)>);

impl Branch {
    fn insert(&mut self, key: &str, steps: &[&str], value: String) {
        let key = if key.is_empty() { self.next_index().to_string() } else { key.to_owned() };
        let at = self.0.iter().position(|(k, _)| *k == key).unwrap_or_else(|| {
            self.0.push((key, Node::Leaf(String::new())));
            self.0.len() - 1
        });
        let node = &mut self.0[at].1;
        match steps {
            [] => *node = Node::Leaf(value),
            [step, rest @ ..] => {
                if let Node::Leaf(_) = node {
                    *node = Node::Inner(Self::default());
                }
                if let Node::Inner(branch) = node {
                    branch.insert(step, rest, value);
                }
            }
        }
    }

    /// The index that `[]` stands for: one more than the highest so far.
    fn next_index(&self) -> u64 {
        let highest = self.0.iter().filter_map(|(key, _)| key.parse::<u64>().ok()).max();
        highest.map_or(0, |highest| highest.saturating_add(1))
    }
}

impl Node {
    /// A branch whose keys are all numbers is a list in the order in which it was sent.
    fn finish(self) -> Value {
        match self {
            Self::Leaf(text) => Value::Text(text),
            Self::Inner(Branch(entries)) => {
                let is_list = entries.iter().all(|(key, _)| key.parse::<u64>().is_ok());
                let entries = entries.into_iter().map(|(key, node)| (key, node.finish()));
                if is_list { entries.map(|(_, value)| value).collect() } else { entries.collect() }
            }
        }
    }
}
