use allmende_types::ETag;

use crate::headers::{IfCondition, IfHeader, IfTest, Negation};

/// What is known of a resource that an `If` header names. The default is that of a
/// resource which does not exist, or of which nothing may be told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IfState {
    /// Its entity tag.
    pub etag: Option<ETag>,
    /// The tokens of the locks that cover it, whole URIs.
    pub tokens: Vec<String>,
}

/// Whether an `If` header is met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfOutcome {
    /// It is.
    Holds {
        /// The tokens that the client submitted with it, each once. They open locks only
        /// of the same user; that is the caller's to check.
        submitted: Vec<String>,
    },
    /// It is not: 412.
    Failed,
}

/// Judges an `If` header (RFC 4918, section 10.4.3): it is met when all conditions of
/// one of its lists are. `state` tells of the resources that
/// [`IfHeader::resources`] names.
///
/// ```
/// use allmende_webdav_proto::{
///     headers::IfHeader,
///     precondition::{IfOutcome, IfState, evaluate_if},
/// };
///
/// let header = IfHeader::parse("(<urn:uuid:1>)")?;
/// let locked = |_: Option<&str>| IfState { etag: None, tokens: vec!["urn:uuid:1".into()] };
/// assert_eq!(
///     evaluate_if(&header, locked),
///     IfOutcome::Holds { submitted: vec!["urn:uuid:1".into()] },
/// );
/// assert_eq!(evaluate_if(&header, |_| IfState::default()), IfOutcome::Failed);
/// # Ok::<(), allmende_webdav_proto::headers::HeaderError>(())
/// ```
pub fn evaluate_if(header: &IfHeader, mut state: impl FnMut(Option<&str>) -> IfState) -> IfOutcome {
    let mut holds = false;
    for resource in header.resources() {
        let state = state(resource);
        let lists = header.lists.iter().filter(|list| list.resource.as_deref() == resource);
        holds |= lists.into_iter().any(|list| list.conditions.iter().all(|c| is_met(c, &state)));
    }
    if !holds {
        return IfOutcome::Failed;
    }
    let mut submitted: Vec<String> = Vec::new();
    for token in header.tokens() {
        if !submitted.iter().any(|known| known == token) {
            submitted.push(token.to_owned());
        }
    }
    IfOutcome::Holds { submitted }
}

fn is_met(condition: &IfCondition, state: &IfState) -> bool {
    let met = match &condition.test {
        IfTest::Token(token) => state.tokens.contains(token),
        // RFC 4918, section 10.4.4, leaves the choice; what protects a write is strong.
        IfTest::ETag(tag) => state.etag.as_ref().is_some_and(|etag| etag.strong_eq(tag)),
    };
    met != (condition.negation == Negation::Not)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(text: &str) -> Option<Vec<String>> {
        let header = IfHeader::parse(text).unwrap();
        let outcome = evaluate_if(&header, |resource| match resource {
            None => IfState { etag: Some("\"e\"".parse().unwrap()), tokens: vec!["t:1".into()] },
            Some("/locked") => IfState { etag: None, tokens: vec!["t:2".into()] },
            Some(_) => IfState::default(),
        });
        match outcome {
            IfOutcome::Holds { submitted } => Some(submitted),
            IfOutcome::Failed => None,
        }
    }

    #[test]
    fn literal_results() {
        let tokens = |list: &[&str]| Some(list.iter().map(|t| (*t).to_owned()).collect());
        assert_eq!(judge("(<t:1>)"), tokens(&["t:1"]));
        assert_eq!(judge("(<t:1> [\"e\"])"), tokens(&["t:1"]));
        assert_eq!(judge("([W/\"e\"])"), None);
        assert_eq!(judge("(<t:1> [\"x\"])"), None);
        assert_eq!(judge("(<t:1> [\"x\"]) ([\"e\"])"), tokens(&["t:1"]));
        assert_eq!(judge("(<t:9>)"), None);
        assert_eq!(judge("(Not <t:9>)"), tokens(&["t:9"]));
        assert_eq!(judge("(Not <t:1>)"), None);
        assert_eq!(judge("(<t:9>) (Not <DAV:no-lock>)"), tokens(&["t:9"]));
        assert_eq!(judge("(<DAV:no-lock>)"), None);
        assert_eq!(judge("</locked> (<t:2>)"), tokens(&["t:2"]));
        assert_eq!(judge("</locked> (<t:1>)"), None);
        assert_eq!(judge("</gone> ([\"e\"])"), None);
        assert_eq!(judge("</gone> (Not [\"e\"])"), tokens(&[]));
        assert_eq!(judge("</gone> (<t:1>) </locked> (<t:2> <t:2>)"), tokens(&["t:1", "t:2"]));
    }
}
