"""The generator's rules: what an operation is about, and what of it may be claimed."""

from __future__ import annotations

import pytest

pytest.importorskip("botocore", reason="the generator reads botocore's models")

from mapping_generator.match.targets import STRONG, WEAK, Target, TargetFinder
from mapping_generator.sources.provider_schema import Attribute
from mapping_generator.sources.service_model import Service
from mapping_generator.types.nouns import ResourceType

from tests.mapping.models import NEEDED, TEXT, resource, service

CART = resource("aws_shop_cart", "cart")
DELETE = {"DeleteCart": {"CartId!": "text"}}


def targets(api: Service, operation: str, *kinds: ResourceType) -> list[Target]:
    """The targets of one operation of a service with these types."""
    return list(TargetFinder(api, list(kinds)).targets(operation))


def settings(members: dict[str, str], **attributes: Attribute) -> dict[str, tuple[str, str | None]]:
    """What an update with these members sets of a type with these attributes."""
    api = service({**DELETE, "UpdateCart": {"CartId!": "text", **members}})
    (target,) = targets(api, "UpdateCart", resource("aws_shop_cart", "cart", **attributes))
    return {one.attribute: (one.path, one.transform) for one in target.settings}


def test_a_resource_is_named_by_what_its_deletion_requires() -> None:
    """Nothing less than the key means one resource."""
    (target,) = targets(service(DELETE), "DeleteCart", CART)
    assert (target.act, target.tier) == ("delete", STRONG)
    assert [(found.attribute, found.path) for found in target.identity] == [("@identity", "req.CartId")]


def test_a_part_of_a_key_names_nothing() -> None:
    """The rest of a shelf's books would be reported as deleted, too."""
    book = resource("aws_shop_book", "book", shelf_id=NEEDED)
    api = service({"DeleteBook": {"ShelfId!": "text", "Place!": "number"}})
    assert targets(api, "DeleteBook", book) == []


def test_a_key_of_several_members_is_used_as_a_whole() -> None:
    """A stage is named by its API and its name, in whatever operation."""
    book = resource("aws_shop_book", "book", shelf_id=NEEDED)
    key = {"ShelfId!": "text", "BookName!": "text"}
    api = service({"DeleteBook": key, "UpdateBook": {**key, "Title": "text"}, "PutBookNote": {"BookName!": "text"}})
    (target,) = targets(api, "UpdateBook", book)
    assert {found.attribute for found in target.identity} == {"shelf_id", "@identity"}
    assert targets(api, "PutBookNote", book) == []


def test_any_of_several_names_will_do_where_none_is_required() -> None:
    """A stream is deleted by its name, its ARN or its id, as the caller likes."""
    api = service({"DeleteCart": {"CartName": "text", "CartArn": "text", "CartId": "text"}})
    (target,) = targets(api, "DeleteCart", CART)
    assert target.identity[0].path == "req.CartId|req.CartName|req.CartArn"


def test_a_flag_says_how_to_delete_not_what() -> None:
    """A fleet is deleted with or without its instances."""
    (target,) = targets(service({"DeleteCart": {"CartId!": "text", "EmptyIt!": "flag"}}), "DeleteCart", CART)
    assert [found.path for found in target.identity] == ["req.CartId"]


def test_a_noun_that_only_ends_like_a_plural_is_named_too() -> None:
    """An alias has an AliasId, browser settings an ARN."""
    alias = resource("aws_shop_alias", "alia")
    (target,) = targets(service({"DeleteAlias": {"AliasId!": "text"}}), "DeleteAlias", alias)
    assert [(found.attribute, found.path) for found in target.identity] == [("@identity", "req.AliasId")]


def test_the_account_that_a_call_is_made_in_is_no_part_of_a_name() -> None:
    """A vault is deleted by an account and a name, and its record tells no account but in its ARN."""
    api = service({"DeleteCart": {"AccountId!": "text", "CartName!": "text"}})
    (target,) = targets(api, "DeleteCart", CART)
    assert [found.path for found in target.identity] == ["req.CartName"]


def test_a_plain_name_or_arn_will_do_where_a_deletion_has_nothing_else() -> None:
    """A log's settings are deleted by either; a filter's Name beside its table's says too little."""
    (target,) = targets(service({"DeleteCart": {"Name": "text", "ARN": "text"}}), "DeleteCart", CART)
    assert (target.act, [found.path for found in target.identity]) == ("delete", ["req.ARN|req.Name"])
    assert targets(service({"DeleteCart": {"Name": "text", "ShelfName": "text"}}), "DeleteCart", CART) == []


def test_an_attribute_that_only_the_cloud_gives_names_the_resource() -> None:
    """A service is deleted by its ServiceArn, which is nobody else's if nobody may set it."""
    api = service({"DeleteCart": {"TrolleyArn!": "text"}})
    (target,) = targets(api, "DeleteCart", resource("aws_shop_cart", "cart", trolley_arn=Attribute("string")))
    assert [found.attribute for found in target.identity] == ["trolley_arn"]
    assert targets(api, "DeleteCart", resource("aws_shop_cart", "cart", trolley_arn=TEXT)) == []


def test_an_identifier_is_that_of_the_resource_itself() -> None:
    """It names no other noun, as a shelf_identifier does."""
    cart = resource("aws_shop_cart", "cart", identifier=TEXT)
    (target,) = targets(service({"DeleteCart": {"Identifier!": "text"}}), "DeleteCart", cart)
    assert [found.attribute for found in target.identity] == ["identifier"]


def test_a_noun_that_only_looks_plural_names_its_resource() -> None:
    """A role alias is deleted by its RoleAlias."""
    alias = resource("aws_shop_role_alias", "rolealia")
    (target,) = targets(service({"DeleteRoleAlias": {"RoleAlias!": "text"}}), "DeleteRoleAlias", alias)
    assert [found.attribute for found in target.identity] == ["@identity"]


@pytest.mark.parametrize(
    ("member", "attribute", "form"),
    [
        ("ShopShelfId", "shelf_id", None),
        ("ApplicationName", "app_name", None),
        ("ShelfIdentifier", "shelf_id", "arn_tail"),
        ("ShelfIdentifier", "shelf_arn", "arn_tail"),
    ],
)
def test_what_a_thing_belongs_to_may_be_called_shorter_or_by_another_form(
    member: str, attribute: str, form: str | None
) -> None:
    """A selection's BackupPlanId is its plan_id, a deployment group's applicationName its app_name."""
    book = resource("aws_shop_book", "book", **{attribute: NEEDED})
    (target,) = targets(service({"DeleteBook": {f"{member}!": "text", "BookId!": "text"}}), "DeleteBook", book)
    assert [(found.attribute, found.form) for found in target.identity] == [(attribute, form), ("@identity", None)]


def test_several_names_that_a_type_requires_mean_one_without_a_name_of_its_own() -> None:
    """A resolver is that of a type's field."""
    link = resource("aws_shop_link", "link", kind=NEEDED, field=NEEDED)
    api = service({"DeleteLink": {"KindName!": "text", "FieldName!": "text"}})
    (target,) = targets(api, "DeleteLink", link)
    assert (target.act, {found.attribute for found in target.identity}) == ("delete", {"kind", "field"})


def test_a_name_may_stand_in_the_one_structure_that_a_request_is() -> None:
    """A connection is made of a ConnectionInput, a rule put as a ConfigRule."""
    shelf = resource("aws_shop_shelf", "shelf")
    book = resource("aws_shop_book", "book", shelf_id=NEEDED)
    key = {"ShelfId!": "text", "BookName!": "text"}
    api = service(
        {
            "DeleteShelf": {"ShelfId!": "text"},
            "DeleteBook": key,
            "CreateBook": {"ShelfId!": "text", "BookInput!": "book"},
        }
    )
    (target,) = targets(api, "CreateBook", shelf, book)
    assert {found.attribute: found.path for found in target.identity} == {
        "shelf_id": "req.ShelfId",
        "@identity": "req.BookInput.BookName",
    }


def test_what_is_made_has_the_id_of_the_response_within_what_the_request_names() -> None:
    """Else the call would be taken for one on the detector that the set of addresses is made in."""
    book = resource("aws_shop_book", "book", cart_id=NEEDED)
    api = service(
        {**DELETE, "DeleteBook": {"CartId!": "text", "BookId!": "text"}, "CreateBook": {"CartId!": "text"}},
        {"CreateBook": {"BookId": "text"}},
    )
    (target,) = targets(api, "CreateBook", CART, book)
    assert target.type == "aws_shop_book"
    assert {found.attribute: found.path for found in target.identity} == {
        "cart_id": "req.CartId",
        "@identity": "resp.BookId",
    }


def test_a_name_that_a_creation_need_not_give_is_read_from_the_response_too() -> None:
    """A certificate is imported anew, or over one that it names."""
    api = service({**DELETE, "ImportCart": {"CartId": "text"}}, {"ImportCart": {"CartId": "text"}})
    (target,) = targets(api, "ImportCart", CART)
    assert (target.act, target.identity[0].path) == ("create", "req.CartId|resp.CartId")


def test_a_deed_may_be_a_type_of_its_own() -> None:
    """What is authorised, or given to another, is a resource to the provider; to take it back deletes that alone."""
    grant = resource("aws_shop_cart_authorization", "cartauthorization", cart_id=NEEDED, shopper=NEEDED)
    role = resource("aws_shop_cart_role_association", "cartroleassociation", cart_id=NEEDED, role_arn=NEEDED)
    who, given = {"CartId!": "text", "Shopper!": "text"}, {"CartId!": "text", "RoleArn!": "text"}
    api = service(
        {
            **DELETE,
            "AuthorizeCart": who,
            "DeauthorizeCart": who,
            "AddRoleToCart": given,
            "RemoveRoleFromCart": given,
        }
    )
    found = {name: targets(api, name, CART, grant, role)[0] for name in api.operations() if name != "DeleteCart"}
    assert {name: (target.type, target.act) for name, target in found.items()} == {
        "AuthorizeCart": ("aws_shop_cart_authorization", "update"),
        "DeauthorizeCart": ("aws_shop_cart_authorization", "detach"),
        "AddRoleToCart": ("aws_shop_cart_role_association", "update"),
        "RemoveRoleFromCart": ("aws_shop_cart_role_association", "detach"),
    }


def test_to_take_an_authorisation_back_deletes_nothing_else() -> None:
    """A connection that is deauthorised is there still."""
    api = service({**DELETE, "DeauthorizeCart": {"CartId!": "text"}})
    assert [target.act for target in targets(api, "DeauthorizeCart", CART)] in ([], ["update"])


def test_a_setting_of_the_account_is_named_by_nothing() -> None:
    """What an account has once needs no name: its place is its identity."""
    settings_of_all = ResourceType("aws_backup_region_settings", ("regionsettings",), {"id": TEXT, "mode": TEXT})
    api = service({"UpdateRegionSettings": {"Mode": "text"}})
    (target,) = targets(api, "UpdateRegionSettings", settings_of_all)
    assert (target.act, target.tier, target.identity[0].attribute) == ("update", STRONG, "@only")
    assert [one.attribute for one in target.settings] == ["mode"]


def test_data_that_is_uploaded_touches_nothing() -> None:
    """The parts of an object go into a bucket, and change nothing that a state has of it."""
    api = service({**DELETE, "UploadPart": {"CartId!": "text"}, "UploadCart": {"CartId!": "text"}})
    assert targets(api, "UploadPart", CART) == []
    assert targets(api, "UploadCart", CART)[0].act == "create"


def test_a_creation_is_only_told_where_a_state_would_hold_the_very_name() -> None:
    """What no state ever matches would be unmanaged for ever."""
    api = service({**DELETE, "CreateCart": {"Label": "text"}}, {"CreateCart": {"CartId": "text"}})
    (named,) = targets(api, "CreateCart", CART)
    assert (named.act, named.tier, named.identity[0].path) == ("create", STRONG, "resp.CartId")
    nameless = ResourceType("aws_shop_cart", ("cart",), {"id": TEXT})
    by_arn = service({"DeleteCart": {"CartArn!": "text"}, "CreateCart": {}}, {"CreateCart": {"CartArn": "text"}})
    (unsure,) = targets(by_arn, "CreateCart", nameless)
    assert (unsure.act, unsure.tier) == ("update", WEAK)


def test_what_is_made_all_day_is_not_told_as_created() -> None:
    """A log stream for each container is no news."""
    stream = ResourceType("aws_cloudwatch_log_stream", ("logstream",), {"id": TEXT, "name": NEEDED})
    api = service({"DeleteLogStream": {"LogStreamName!": "text"}, "CreateLogStream": {"LogStreamName!": "text"}})
    (target,) = targets(api, "CreateLogStream", stream)
    assert (target.act, target.tier) == ("update", WEAK)


def test_a_part_belongs_to_what_its_identity_names() -> None:
    """A cart's new coupon is of interest where the cart is managed."""
    coupon = resource("aws_shop_coupon", "coupon", cart_id=NEEDED)
    key = {"CartId!": "text", "CouponName!": "text"}
    api = service({**DELETE, "DeleteCoupon": key, "CreateCoupon": key})
    (target,) = targets(api, "CreateCoupon", CART, coupon)
    assert (target.act, target.parent) == ("create", ("aws_shop_cart", "cart_id"))


def test_what_is_only_ever_set_is_named_by_what_it_is_set_for() -> None:
    """A topic for bounces is another setting than one for complaints; a name that Terraform lacks would hide that."""
    topic = ResourceType("aws_shop_topic", ("topic",), {"cart_id": NEEDED, "topic_type": NEEDED, "value": NEEDED})
    api = service({"SetTopic": {"CartId!": "text", "TopicType!": "choice", "Value!": "text"}})
    (target,) = targets(api, "SetTopic", topic)
    assert [found.attribute for found in target.identity] == ["cart_id", "topic_type"]
    partly = service({"SetTopic": {"CartId!": "text", "LineId!": "text", "Value!": "text"}})
    assert targets(partly, "SetTopic", topic) == []


def test_what_is_put_to_another_is_that_ones() -> None:
    """``PutNoteToCart`` is about the cart's note, and ``DetachNoteFromCart`` about a note's attachment."""
    key = {"CartId!": "text"}
    note = resource("aws_shop_cart_note", "cartnote", cart_id=NEEDED)
    tie = resource("aws_shop_note_attachment", "noteattachment", cart_id=NEEDED, note_id=NEEDED)
    api = service(
        {
            "PutNoteToCart": {**key, "Note!": "text"},
            "DeleteNoteFromCart": key,
            "DetachNoteFromCart": {**key, "NoteId!": "text"},
        }
    )
    found = {operation: targets(api, operation, note, tie)[0] for operation in api.operations()}
    assert {name: (target.type, target.act) for name, target in found.items()} == {
        "PutNoteToCart": ("aws_shop_cart_note", "update"),
        "DeleteNoteFromCart": ("aws_shop_cart_note", "delete"),
        "DetachNoteFromCart": ("aws_shop_note_attachment", "detach"),
    }


def test_what_is_put_or_attached_is_not_told_as_created() -> None:
    """To Terraform it may be an attribute of something else, which is no resource that is missing."""
    key = {"CartId!": "text", "HookName!": "text"}
    hook = resource("aws_shop_hook", "hook", cart_id=NEEDED)
    link = resource("aws_shop_hook_attachment", "hookattachment", cart_id=NEEDED, hook_name=NEEDED)
    api = service({"DeleteHook": key, "PutHook": key, "AttachHook": key, "DetachHook": key})
    acts = {operation: targets(api, operation, hook, link)[0] for operation in ("PutHook", "AttachHook", "DetachHook")}
    assert {name: (target.type, target.act, target.tier) for name, target in acts.items()} == {
        "PutHook": ("aws_shop_hook", "update", STRONG),
        "AttachHook": ("aws_shop_hook_attachment", "update", WEAK),
        "DetachHook": ("aws_shop_hook_attachment", "detach", STRONG),
    }


def test_an_operation_of_another_noun_only_touches_what_it_names() -> None:
    """That a call named a resource does not tell what it changed."""
    api = service({**DELETE, "PutCartHint": {"CartId!": "text", "Hint": "text"}})
    (target,) = targets(api, "PutCartHint", resource("aws_shop_cart", "cart", hint=TEXT))
    assert (target.tier, target.act, target.settings) == (WEAK, "update", ())


def test_an_operation_that_only_uses_a_resource_is_none_of_ours() -> None:
    """Invoking a function changes nothing that a state records."""
    api = service({**DELETE, "InvokeCart": {"CartId!": "text"}, "SendReceipt": {"CartId!": "text"}})
    assert [targets(api, operation, CART) for operation in ("InvokeCart", "SendReceipt")] == [[], []]


def test_tags_are_merged_and_dropped() -> None:
    """Tag calls name a type, or anything by its ARN."""
    cart = resource("aws_shop_cart", "cart", tags=Attribute("map", "string", configurable=True))
    api = service(
        {
            **DELETE,
            "TagCart": {"CartId!": "text", "Tags!": "map"},
            "UntagCart": {"CartId!": "text", "TagKeys!": "texts"},
            "AddTags": {"ResourceArn!": "text", "Tags!": "map"},
        }
    )
    found = {operation: targets(api, operation, cart)[0] for operation in ("TagCart", "UntagCart", "AddTags")}
    assert {name: (target.type, target.tags) for name, target in found.items()} == {
        "TagCart": ("aws_shop_cart", {"merge": "req.Tags"}),
        "UntagCart": ("aws_shop_cart", {"drop": "req.TagKeys[]"}),
        "AddTags": ("*", {"merge": "req.Tags"}),
    }


def test_members_set_the_attributes_of_their_very_names() -> None:
    """The names are compared without case and separators, the shapes must agree."""
    block = Attribute("block", "list", configurable=True, once=True, members={"mode": TEXT, "strict": TEXT})
    assert settings(
        {"DisplayTitle": "text", "Slots": "texts", "Policy": "text", "Inner": "inner", "Other": "text"},
        display_title=TEXT,
        slots=Attribute("set", "string", configurable=True),
        policy=TEXT,
        inner=block,
    ) == {
        "display_title": ("req.DisplayTitle", None),
        "slots": ("req.Slots[]", None),
        "policy": ("req.Policy", "json_policy"),
        "inner[0].mode": ("req.Inner.Mode", None),
    }


@pytest.mark.parametrize(
    ("member", "shape", "attribute"),
    [
        ("Size", "text", Attribute("number", configurable=True)),
        ("Box", "inner", TEXT),
        ("Boxes", "inners", Attribute("list", "string", configurable=True)),
        ("Since", "time", TEXT),
        ("Note", "secret", TEXT),
        ("Computed", "text", Attribute("string")),
        ("ApplyImmediately", "flag", Attribute("bool", configurable=True)),
        ("ForceDetach", "flag", Attribute("bool", configurable=True)),
        ("SkipFinalSnapshot", "flag", Attribute("bool", configurable=True)),
        ("KmsKeyId", "text", TEXT),
        ("ExpiryDate", "text", TEXT),
        ("Region", "text", TEXT),
    ],
)
def test_what_is_doubtful_is_not_claimed(member: str, shape: str, attribute: Attribute) -> None:
    """A false alarm is worse than a miss."""
    name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in member).lstrip("_")
    assert settings({member: shape}, **{name: attribute}) == {}


def test_the_entries_of_a_map_are_claimed_one_by_one() -> None:
    """Some calls replace a map, and others change its entries: what is given is true of both."""
    api = service({**DELETE, "UpdateCart": {"CartId!": "text", "Labels": "map"}})
    labels = Attribute("map", "string", configurable=True)
    (target,) = targets(api, "UpdateCart", resource("aws_shop_cart", "cart", labels=labels))
    (setting,) = target.settings
    assert (setting.attribute, setting.path, setting.by_entry) == ("labels", "req.Labels", True)


def test_a_secret_is_claimed_as_changed_to_something_unknown() -> None:
    """The log hides it, but not that it was set."""
    assert settings({"Password": "secret"}, password=TEXT) == {"password": ("req.Password", "hidden")}


def compared(member: str, shape: str, **attributes: Attribute) -> object:
    """How the attribute that an update with this member sets is compared."""
    api = service({**DELETE, "UpdateCart": {"CartId!": "text", member: shape}})
    (target,) = targets(api, "UpdateCart", resource("aws_shop_cart", "cart", **attributes))
    return target.settings[0].compare


def test_what_only_ends_like_a_policy_is_none() -> None:
    """An SSL policy is the name of one."""
    assert compared("ResourcePolicy", "text", resource_policy=TEXT) == "json_policy"
    assert compared("SslPolicy", "text", ssl_policy=TEXT) is None


def test_a_list_has_an_order_where_that_says_something() -> None:
    """A command is not the same words in another order; groups are the same groups, though the provider lists them."""
    words = {"command": Attribute("list", "string", configurable=True)}
    assert compared("Command", "texts", **words) is None
    assert compared("Command", "texts", command=Attribute("set", "string", configurable=True)) == "set"
    assert compared("Groups", "texts", groups=Attribute("list", "string", configurable=True)) == "set"
