"""Asks with python-ldap, that is with OpenLDAP's library."""
import sys

import ldap
import ldap.schema

URL, WHO, PASSWORD, BASE, QUESTIONS = sys.argv[1:6]
ATTRIBUTES = ["effectiveAccess", "effectiveRole", "effectiveWebAccess", "isMemberOf"]

connection = ldap.initialize(URL)
connection.simple_bind_s(WHO, PASSWORD)


def search(text, attributes):
    return connection.search_s(BASE, ldap.SCOPE_SUBTREE, text, attributes)


for dn, found in search("(|(objectClass=person)(objectClass=dominoServer))", ATTRIBUTES):
    for name, values in found.items():
        for value in values:
            print("read", dn, name, value.decode("utf-8"), sep="\t")

subschema = connection.search_subschemasubentry_s()
schema = ldap.schema.SubSchema(connection.read_subschemasubentry_s(subschema), check_uniqueness=2)

with open(QUESTIONS, encoding="utf-8") as lines:
    for line in lines:
        kind, *fields = line.rstrip("\n").split("\t")
        if kind == "filter":
            for dn, _ in search(fields[0], ["1.1"]):
                print("filter", fields[0], dn, sep="\t")
        elif kind == "compare":
            answer = connection.compare_s(fields[0], fields[1], fields[2].encode("utf-8"))
            print("compare", *fields, str(bool(answer)).lower(), sep="\t")
        elif kind == "schema":
            print("schema", fields[0], schema.get_obj(ldap.schema.AttributeType, fields[0]).oid, sep="\t")

connection.unbind_s()
