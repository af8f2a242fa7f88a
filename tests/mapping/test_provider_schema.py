"""Reading the provider's schema out of the classes that npm's package has of it."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

pytest.importorskip("botocore", reason="the generator's packages are installed together")

from mapping_generator.sources.provider_schema import (
    Attribute,
    Schema,
    attribute_names,
    load_snapshot,
    parse_source,
    read_package,
    save_snapshot,
)

SOURCE = """
function shopCartBoxToHclTerraform(struct) {
    const attrs = {
        mode: {
            value: cdktf.stringToHclTerraform(struct.mode),
            isBlock: false,
            type: "simple",
            storageClassType: "string",
        },
    };
}
class ShopCartBoxOutputReference extends cdktf.ComplexObject {
    get mode() {
        return this.getStringAttribute('mode');
    }
    set mode(value) {
        this._mode = value;
    }
}
class ShopCart extends cdktf.TerraformResource {
    constructor(scope, id, config) {
        this._box = new ShopCartBoxOutputReference(this, "box");
    }
    get arn() {
        return this.getStringAttribute('arn');
    }
    get itemIds() {
        return cdktf.Fn.tolist(this.getListAttribute('item_ids'));
    }
    set itemIds(value) {
        this._itemIds = value;
    }
    resetItemIds() {
        this._itemIds = undefined;
    }
    get itemIdsInput() {
        return this._itemIds;
    }
    get name() {
        return this.getStringAttribute('name');
    }
    set name(value) {
        this._name = value;
    }
    get box() {
        return this._box;
    }
    putBox(value) {
        this._box.internalValue = value;
    }
    resetBox() {
        this._box.internalValue = undefined;
    }
}
ShopCart.tfResourceType = "aws_shop_cart";
"""


def test_attributes_are_read_with_their_kinds_and_whether_they_can_and_must_be_given() -> None:
    """A getter tells the kind, a setter that it can be configured, a missing reset that it must be."""
    assert parse_source(SOURCE) == (
        "aws_shop_cart",
        {
            "arn": Attribute("string"),
            "box": Attribute(
                "block",
                "list",
                configurable=True,
                once=True,
                members={"mode": Attribute("string", configurable=True, required=True)},
            ),
            "item_ids": Attribute("set", "string", configurable=True),
            "name": Attribute("string", configurable=True, required=True),
        },
    )


def test_a_file_that_defines_no_resource_is_passed_over() -> None:
    """The package has data sources, functions and an index, too."""
    assert parse_source("class A extends cdktf.ComplexObject {\n}\n") is None


def test_blocks_in_files_of_their_own_belong_to_the_type(tmp_path: Path) -> None:
    """The package splits types with very many blocks, and names a block by the file that it is in."""
    start = SOURCE.index("class ShopCart extends")
    about = {"version": "1.0", "cdktf": {"provider": {"version": "6.0"}}}
    files = {
        "package/lib/cart/index.js": SOURCE[start:].replace("new ShopCartBox", "new index_structs_1.ShopCartBox"),
        "package/lib/cart/index-structs/structs0.js": SOURCE[:start],
        "package/lib/data-shop-cart/index.js": SOURCE.replace("aws_shop_cart", "data.aws_shop_cart"),
        "package/package.json": json.dumps(about),
    }
    with tarfile.open(tmp_path / "package.tgz", "w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    parsed = parse_source(SOURCE)
    assert parsed is not None
    assert read_package(tmp_path / "package.tgz") == Schema("1.0", "6.0", {parsed[0]: parsed[1]})


def test_a_snapshot_holds_what_was_saved(tmp_path: Path) -> None:
    """The generator works from the snapshot alone, without the network."""
    parsed = parse_source(SOURCE)
    assert parsed is not None
    schema = Schema("1.0", "6.0", {parsed[0]: parsed[1]})
    save_snapshot(schema, tmp_path / "schema.json.gz")
    assert load_snapshot(tmp_path / "schema.json.gz") == schema


def test_the_snapshot_knows_the_provider() -> None:
    """Types that everybody has, with nested blocks and what is computed."""
    schema = load_snapshot()
    names = set(attribute_names(schema.types["aws_instance"]))
    assert {"instance_type", "root_block_device.volume_size", "arn"} <= names
    assert schema.types["aws_instance"]["root_block_device"].once
    assert not schema.types["aws_instance"]["arn"].configurable
    assert len(schema.types) > 1500
