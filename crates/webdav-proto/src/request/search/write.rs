use super::{
    super::{LIMIT, NRESULTS, PROP, document, write_names},
    ALLPROP, AND, ASCENDING, BASICSEARCH, COMPARISONS, CONTAINS, DEPTH, DESCENDING, Direction,
    FIRSTRESULT, FROM, Filter, HREF, IS_COLLECTION, IS_DEFINED, LIKE, LITERAL, NOT, OR, ORDER,
    ORDERBY, SCOPE, SEARCHREQUEST, SELECT, Search, SearchLimit, Select, WHERE,
};
use crate::{name::PropName, xml::XmlWriter};

impl Search {
    /// Writes the body.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        document(&SEARCHREQUEST, |xml| {
            xml.element(&BASICSEARCH, |xml| {
                xml.element(&SELECT, |xml| match &self.select {
                    Select::Allprop => xml.empty(&ALLPROP),
                    Select::Props(names) => write_names(xml, &PROP, names),
                });
                xml.element(&FROM, |xml| {
                    for scope in &self.scopes {
                        xml.element(&SCOPE, |xml| {
                            xml.text_element(&HREF, &scope.href);
                            xml.element(&DEPTH, |xml| xml.display(scope.depth));
                        });
                    }
                });
                if let Some(filter) = &self.filter {
                    xml.element(&WHERE, |xml| filter.write(xml));
                }
                self.write_order(xml);
                self.limit.write(xml);
            });
        })
    }

    fn write_order(&self, xml: &mut XmlWriter) {
        if self.order.is_empty() {
            return;
        }
        xml.element(&ORDERBY, |xml| {
            for order in &self.order {
                xml.element(&ORDER, |xml| {
                    write_property(xml, &order.property);
                    xml.empty(match order.direction {
                        Direction::Ascending => &ASCENDING,
                        Direction::Descending => &DESCENDING,
                    });
                });
            }
        });
    }
}

impl SearchLimit {
    fn write(self, xml: &mut XmlWriter) {
        if self == Self::default() {
            return;
        }
        xml.element(&LIMIT, |xml| {
            for (name, number) in [(&NRESULTS, self.results), (&FIRSTRESULT, self.first)] {
                if let Some(number) = number {
                    xml.element(name, |xml| xml.number(number));
                }
            }
        });
    }
}

impl Filter {
    fn write(&self, xml: &mut XmlWriter) {
        let all = |xml: &mut XmlWriter, members: &[Self]| {
            members.iter().for_each(|member| member.write(xml));
        };
        match self {
            Self::And(members) => xml.element(&AND, |xml| all(xml, members)),
            Self::Or(members) => xml.element(&OR, |xml| all(xml, members)),
            Self::Not(member) => xml.element(&NOT, |xml| member.write(xml)),
            Self::IsCollection => xml.empty(&IS_COLLECTION),
            Self::IsDefined(property) => {
                xml.element(&IS_DEFINED, |xml| write_property(xml, property));
            }
            Self::Contains(words) => xml.text_element(&CONTAINS, words),
            Self::Like { property, pattern } => {
                xml.element(&LIKE, |xml| {
                    write_property(xml, property);
                    xml.text_element(&LITERAL, pattern);
                });
            }
            Self::Compare { op, property, literal } => {
                for (_, name) in COMPARISONS.iter().filter(|(known, _)| known == op) {
                    xml.element(name, |xml| {
                        write_property(xml, property);
                        xml.text_element(&LITERAL, literal);
                    });
                }
            }
        }
    }
}

fn write_property(xml: &mut XmlWriter, property: &PropName) {
    xml.element(&PROP, |xml| xml.empty(property));
}
