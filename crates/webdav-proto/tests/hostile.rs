//! What must not get in, and what it costs to find out.

use allmende_webdav_proto::{
    DavErrorBody, Element, Multistatus, XmlErrorKind as Kind, XmlLimits, lock,
    request::{Lockinfo, Mkcol, Propfind, Proppatch, Search, SyncCollection},
};
use proptest::prelude::*;

fn kind(document: impl AsRef<[u8]>) -> Option<Kind> {
    Element::parse(document.as_ref(), &XmlLimits::default()).err().map(|error| error.kind())
}

#[test]
fn document_types_and_entities() {
    let laughs = concat!(
        "<?xml version=\"1.0\"?>\n<!DOCTYPE lolz [<!ENTITY lol \"lol\">",
        "<!ENTITY lol2 \"&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;\">]>",
        "<lolz>&lol2;</lolz>",
    );
    assert_eq!(kind(laughs), Some(Kind::Doctype));
    let file = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>";
    assert_eq!(kind(file), Some(Kind::Doctype));
    assert_eq!(kind("<!DOCTYPE a SYSTEM \"http://example.org/a.dtd\"><a/>"), Some(Kind::Doctype));
    assert_eq!(kind("<a>&x;</a>"), Some(Kind::Entity));
    assert_eq!(kind("<a>&nbsp;</a>"), Some(Kind::Entity));
    assert_eq!(kind("<a b='&x;'/>"), Some(Kind::Entity));
    let known = "<a b='&lt;&#x41;'>&lt;&gt;&amp;&apos;&quot;&#65;&#x1F600;</a>";
    let element = Element::parse(known.as_bytes(), &XmlLimits::default()).unwrap();
    assert_eq!(element.text(), "<>&'\"A😀");
    assert_eq!(element.attributes[0].value, "<A");
}

#[test]
fn sizes() {
    let nested = |depth: usize| "<a>".repeat(depth) + &"</a>".repeat(depth);
    assert_eq!(kind(nested(32)), None);
    assert_eq!(kind(nested(33)), Some(Kind::TooDeep));
    assert_eq!(kind("<a>".repeat(300_000)), Some(Kind::TooDeep));
    let attributes = |count: usize| {
        let list: String = (0..count).map(|n| format!(" a{n}=''")).collect();
        format!("<a{list}/>")
    };
    assert_eq!(kind(attributes(64)), None);
    assert_eq!(kind(attributes(65)), Some(Kind::TooManyAttributes));
    let declarations: String = (0..65).map(|n| format!(" xmlns:a{n}='urn:a'")).collect();
    assert_eq!(kind(format!("<a{declarations}/>")), Some(Kind::TooManyAttributes));
    let sized = |bytes: usize| format!("<a>{}</a>", "x".repeat(bytes - 7));
    assert_eq!(kind(sized(1 << 20)), None);
    assert_eq!(kind(sized((1 << 20) + 1)), Some(Kind::TooLarge));
    assert_eq!(kind(format!("<a>{}</a>", "<b/>".repeat(49_999))), None);
    assert_eq!(kind(format!("<a>{}</a>", "<b/>".repeat(50_000))), Some(Kind::TooManyNodes));
    assert_eq!(kind(format!("<{}/>", "a".repeat(256))), Some(Kind::Malformed));
}

#[test]
fn encodings() {
    assert_eq!(kind(b"\xef\xbb\xbf<a/>"), None);
    assert_eq!(kind(b"<a>\xe9</a>"), Some(Kind::Encoding));
    assert_eq!(kind("<?xml version='1.0' encoding='ISO-8859-1'?><a/>"), Some(Kind::Encoding));
    assert_eq!(kind("<?xml version='1.0' encoding='UTF-7'?><a/>"), Some(Kind::Encoding));
    assert_eq!(kind("<?xml version='1.0' encoding='Utf-8'?><a/>"), None);
    let utf16 = |text: &str| text.encode_utf16().collect::<Vec<_>>();
    let little: Vec<u8> =
        utf16("\u{feff}<a>é😀</a>").iter().flat_map(|u| u.to_le_bytes()).collect();
    let big: Vec<u8> = utf16("\u{feff}<a>é😀</a>").iter().flat_map(|u| u.to_be_bytes()).collect();
    for document in [little, big] {
        let element = Element::parse(&document, &XmlLimits::default()).unwrap();
        assert_eq!(element.text(), "é😀");
        assert_eq!(kind(&document[..document.len() - 1]), Some(Kind::Encoding));
    }
    assert_eq!(kind(b"\xff\xfe\x00\xd8"), Some(Kind::Encoding));
    assert_eq!(kind(b"<\0a\0/\0>\0"), Some(Kind::Malformed), "UTF-16 without its mark");
}

#[test]
fn namespaces() {
    for bad in [
        "<x:a/>",
        "<a x:b=''/>",
        "<a xmlns:x=''><x:b/></a>",
        "<a xmlns:xml='urn:x'/>",
        "<a xmlns:xmlns='urn:x'/>",
        "<a xmlns:x='http://www.w3.org/2000/xmlns/'/>",
        "<a xmlns='http://www.w3.org/XML/1998/namespace'/>",
        "<a><b xmlns:x='urn:x'/><x:c/></a>",
        "<:a/>",
    ] {
        assert_eq!(kind(bad), Some(Kind::Namespace), "{bad}");
    }
    let text =
        "<a xmlns='urn:1' xmlns:x='urn:2' x:n='' n=''><b xmlns=''/><x:c xmlns:x='urn:3'/></a>";
    let element = Element::parse(text.as_bytes(), &XmlLimits::default()).unwrap();
    let mut names = vec![element.name.to_string()];
    names.extend(element.attributes.iter().map(|a| a.name.to_string()));
    names.extend(element.elements().map(|e| e.name.to_string()));
    assert_eq!(names, ["{urn:1}a", "{urn:2}n", "{}n", "{}b", "{urn:3}c"]);
}

#[test]
fn not_well_formed() {
    for bad in [
        "<a>",
        "<a></b>",
        "<a",
        "<a/><b/>",
        "x<a/>",
        "<a/>x",
        "<a/>&amp;",
        "<a/><![CDATA[x]]>",
        "<a b='1' b='2'/>",
        "<a xmlns:x='u' xmlns:y='u' x:b='' y:b=''/>",
        "<a b='<'/>",
        "<a b=1/>",
        "<a b/>",
        "<a>]]></a>",
        "<a>&</a>",
        "<a>&#0;</a>",
        "<a>&#x1;</a>",
        "<a>&#xD800;</a>",
        "<a>&#xFFFF;</a>",
        "<a b='&#1;'/>",
        "<a>\u{0}</a>",
        "<a>\u{1f}</a>",
        "<a>\u{ffff}</a>",
        "<a><!-- a -- b --></a>",
        "<a><?xml version='1.0'?></a>",
        " <?xml version='1.0'?><a/>",
        "<?xml version='2.0'?><a/>",
        "<1a/>",
        "<a:b:c xmlns:a='u'/>",
        "<x: xmlns:x='u'/>",
        "</a>",
    ] {
        assert!(
            matches!(kind(bad), Some(Kind::Malformed | Kind::Entity)),
            "{bad}: {:?}",
            kind(bad)
        );
    }
    for empty in ["", "  \n", "<!-- -->", "<?xml version='1.0'?>"] {
        assert_eq!(kind(empty), Some(Kind::Empty), "{empty:?}");
    }
    for good in ["<a/>", " <a/> ", "<!--x--><a/><?y z?>\n", "<a><![CDATA[<&]]></a>", "<a >\t</a >"]
    {
        assert_eq!(kind(good), None, "{good}");
    }
}

#[test]
fn text_is_read_as_xml_says() {
    let text = "<a b=' 1\n\t2 '>1\r\n2\r3<!-- x -->4<![CDATA[<5>]]>6</a>";
    let element = Element::parse(text.as_bytes(), &XmlLimits::default()).unwrap();
    assert_eq!(element.text(), "1\n2\n34<5>6");
    assert_eq!(element.children.len(), 1);
    assert_eq!(element.attributes[0].value, " 1  2 ");
}

#[test]
fn a_search_with_too_many_operators() {
    let search = |count: usize| {
        let leaves = "<d:is-collection/>".repeat(count);
        let body = format!(
            "<d:searchrequest xmlns:d='DAV:'><d:basicsearch><d:select><d:allprop/></d:select>\
             <d:from><d:scope><d:href>/</d:href></d:scope></d:from>\
             <d:where><d:and>{leaves}</d:and></d:where></d:basicsearch></d:searchrequest>"
        );
        Search::parse(body.as_bytes(), &XmlLimits::default())
    };
    assert!(search(100).is_ok());
    assert!(search(101).is_err());
}

fn read_everything(body: &[u8]) {
    let limits = XmlLimits::default();
    let _ = Propfind::parse(body, &limits);
    let _ = Proppatch::parse(body, &limits);
    let _ = Mkcol::parse(body, &limits);
    let _ = Lockinfo::parse(body, &limits);
    let _ = SyncCollection::parse(body, &limits);
    let _ = Search::parse(body, &limits);
    let _ = Multistatus::parse(body, &limits);
    let _ = DavErrorBody::parse(body, &limits);
    let _ = lock::read_lock_response(body, &limits);
    if let Ok(element) = Element::parse(body, &limits) {
        assert_eq!(Element::from_fragment(&element.to_fragment()), Ok(element));
    }
}

proptest! {
    #[test]
    fn bytes_never_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        read_everything(&body);
    }

    #[test]
    fn tags_never_panic(body in "(<[/?!]?[a-c:]{0,3}( [a-c:]{1,3}='[&;#x0a<]{0,4}')?/?>|[a&;\\]>-]){0,12}") {
        read_everything(body.as_bytes());
    }
}
