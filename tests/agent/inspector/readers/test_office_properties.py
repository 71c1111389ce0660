"""docProps and content types as their readers see them."""

from gapwatch_agent.inspector.readers import office_properties, xml_stream


def _read(handler, content):
    return list(xml_stream.fragments([content.encode()], handler, 16, lambda _: None))


def test_core_properties_are_named_by_their_element():
    found = _read(office_properties.Core(), '<c:p xmlns:c="c"><c:category>机密</c:category><c:title> </c:title></c:p>')
    assert [(item.key, item.text, item.part) for item in found] == [("category", "机密", "property")]


def test_custom_properties_are_named_by_their_attribute():
    content = '<P><property name="密级"><v>秘密</v></property><property name="n"><v>1</v></property></P>'
    assert [(item.key, item.text) for item in _read(office_properties.Custom(), content)] == [
        ("密级", "秘密"),
        ("n", "1"),
    ]


def test_values_are_bounded():
    found = _read(office_properties.Core(), "<p><a>" + "x" * 100_000 + "</a></p>")
    assert len(found[0].text) <= 2000


def test_content_types_map_parts():
    types = office_properties.ContentTypes()
    _read(types, '<Types><Override PartName="/word/Document.xml" ContentType="t"/><Default Extension="x"/></Types>')
    assert types.overrides == {"word/document.xml": "t"}


def test_types_by_ending_where_no_part_is_named():
    types = office_properties.ContentTypes()
    _read(types, '<T><Override PartName="/a.xml" ContentType="t"/><Default Extension="XML" ContentType="u"/></T>')
    assert (types.of("a.xml"), types.of("b.xml"), types.of("c.bin")) == ("t", "u", "")


def test_extended_properties_are_those_a_person_fills_in():
    found = _read(office_properties.Extended(), "<P><Pages>3</Pages><Company>甲</Company><Titles><v>x</v></Titles></P>")
    assert [(item.key, item.text) for item in found] == [("Company", "甲")]


def test_variables_are_properties():
    content = (
        '<s><docVars><docVar name="密级" val="机密"/><docVar name="x" val=" "/><tag name="y" val="z"/></docVars></s>'
    )
    found = _read(office_properties.Variables("docVar"), content)
    assert [(item.part, item.key, item.text) for item in found] == [("property", "密级", "机密")]
