use super::{
    super::{LIMIT, PROP, RequestError, prop_names, read_limit, read_number},
    ALLPROP, AND, ASCENDING, BASICSEARCH, COMPARISONS, CONTAINS, DEPTH, DESCENDING, Direction,
    FIRSTRESULT, FROM, Filter, HREF, IS_COLLECTION, IS_DEFINED, LIKE, LITERAL, NOT, OR, ORDER,
    ORDERBY, Order, SCOPE, SEARCHREQUEST, SELECT, Search, SearchLimit, SearchScope, Select,
    TYPED_LITERAL, WHERE,
};
use crate::{
    headers::Depth,
    name::PropName,
    xml::{Element, XmlLimits},
};

impl Search {
    /// Reads a body.
    ///
    /// # Errors
    /// When it is no basic search, names no scope, holds an operator that is not known,
    /// or more than [`MAX_OPERATORS`](Self::MAX_OPERATORS) of them.
    pub fn parse(body: &[u8], limits: &XmlLimits) -> Result<Self, RequestError> {
        Self::from_element(&Element::parse(body, limits)?)
    }

    /// Reads a body that was parsed already.
    ///
    /// # Errors
    /// As of [`Search::parse`].
    pub fn from_element(root: &Element) -> Result<Self, RequestError> {
        if root.name != SEARCHREQUEST {
            return Err(RequestError::root(&SEARCHREQUEST, &root.name));
        }
        let search = root
            .child(&BASICSEARCH)
            .ok_or_else(|| RequestError::invalid("only DAV:basicsearch is known"))?;
        let filter = search.child(&WHERE).and_then(|filter| filter.elements().next());
        let mut budget = Self::MAX_OPERATORS;
        Ok(Self {
            select: read_select(search)?,
            scopes: read_scopes(search)?,
            filter: filter.map(|filter| read_filter(filter, &mut budget)).transpose()?,
            order: read_order(search)?,
            limit: read_part(search)?,
        })
    }
}

fn read_select(search: &Element) -> Result<Select, RequestError> {
    let select = search.child(&SELECT);
    let props = select.and_then(|select| select.child(&PROP));
    match (props, select.and_then(|select| select.child(&ALLPROP))) {
        (Some(props), None) => Ok(Select::Props(prop_names(props))),
        (None, Some(_)) => Ok(Select::Allprop),
        _ => Err(RequestError::invalid("select needs either prop or allprop")),
    }
}

fn read_scopes(search: &Element) -> Result<Vec<SearchScope>, RequestError> {
    let from = search.child(&FROM).ok_or_else(|| RequestError::invalid("from is missing"))?;
    let mut scopes = Vec::new();
    for scope in from.elements().filter(|child| child.name == SCOPE) {
        let href = scope.child(&HREF).map(|href| href.text().trim().to_owned());
        let href = href.ok_or_else(|| RequestError::invalid("a scope without an href"))?;
        let depth = scope.child(&DEPTH).map(|depth| Depth::parse(&depth.text()));
        let depth = depth.unwrap_or(Ok(Depth::Infinity));
        let depth = depth.map_err(|error| RequestError::invalid(error.to_string()))?;
        scopes.push(SearchScope { href, depth });
    }
    if scopes.is_empty() {
        return Err(RequestError::invalid("a search without a scope"));
    }
    Ok(scopes)
}

fn read_filter(element: &Element, budget: &mut usize) -> Result<Filter, RequestError> {
    let name = &element.name;
    let mut members = |element: &Element| -> Result<Vec<Filter>, RequestError> {
        element.elements().map(|member| read_filter(member, budget)).collect()
    };
    if *name == AND || *name == OR {
        let members = members(element)?;
        return match members.is_empty() {
            true => Err(RequestError::invalid(format!("{name} without conditions"))),
            false if *name == AND => Ok(Filter::And(members)),
            false => Ok(Filter::Or(members)),
        };
    }
    if *name == NOT {
        let mut members = members(element)?;
        return match (members.pop(), members.is_empty()) {
            (Some(member), true) => Ok(Filter::Not(Box::new(member))),
            _ => Err(RequestError::invalid("not needs exactly one condition")),
        };
    }
    *budget = budget
        .checked_sub(1)
        .ok_or_else(|| RequestError::invalid("more than 100 search operators"))?;
    if *name == IS_COLLECTION {
        return Ok(Filter::IsCollection);
    }
    if *name == IS_DEFINED {
        return read_property(element).map(Filter::IsDefined);
    }
    if *name == CONTAINS {
        return Ok(Filter::Contains(element.text().into_owned()));
    }
    if *name == LIKE {
        let (property, pattern) = (read_property(element)?, read_literal(element)?);
        return Ok(Filter::Like { property, pattern });
    }
    match COMPARISONS.into_iter().find(|(_, known)| known == name) {
        Some((op, _)) => {
            let (property, literal) = (read_property(element)?, read_literal(element)?);
            Ok(Filter::Compare { op, property, literal })
        }
        None => Err(RequestError::invalid(format!("the search operator {name} is not known"))),
    }
}

fn read_property(element: &Element) -> Result<PropName, RequestError> {
    let mut names = element.child(&PROP).into_iter().flat_map(Element::elements);
    match (names.next(), names.next()) {
        (Some(property), None) => Ok(property.name.clone()),
        _ => Err(RequestError::invalid(format!("{} needs exactly one property", element.name))),
    }
}

fn read_literal(element: &Element) -> Result<String, RequestError> {
    let literal = element.child(&LITERAL).or_else(|| element.child(&TYPED_LITERAL));
    literal
        .map(|literal| literal.text().into_owned())
        .ok_or_else(|| RequestError::invalid(format!("{} needs a literal", element.name)))
}

fn read_order(search: &Element) -> Result<Vec<Order>, RequestError> {
    let orders = search.child(&ORDERBY).into_iter().flat_map(Element::elements);
    orders
        .filter(|order| order.name == ORDER)
        .map(|order| {
            let descending = order.child(&DESCENDING).is_some();
            if descending && order.child(&ASCENDING).is_some() {
                return Err(RequestError::invalid("an order both ways"));
            }
            let direction = if descending { Direction::Descending } else { Direction::Ascending };
            Ok(Order { property: read_property(order)?, direction })
        })
        .collect()
}

fn read_part(search: &Element) -> Result<SearchLimit, RequestError> {
    let first = search.child(&LIMIT).and_then(|limit| limit.child(&FIRSTRESULT));
    Ok(SearchLimit { results: read_limit(search)?, first: first.map(read_number).transpose()? })
}
