"""The sample's tables. No migration makes them: tests/conftest.py does, in the databases of tests."""

from datetime import date

from shared.models.base import Base, exported, invalid, missing, parent, taken, the_caller
from shared.models.users import User

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Identity,
    Index,
    MetaData,
    SmallInteger,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column


class SampleBase(Base):
    __abstract__ = True
    metadata = MetaData(naming_convention=Base.metadata.naming_convention)


class Gadget(SampleBase):
    __tablename__ = "gadgets"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str | None]


class Locker(SampleBase):
    __tablename__ = "lockers"
    __table_args__ = (
        ForeignKeyConstraint(["owner_id"], [User.id], ondelete="CASCADE", info=the_caller()),
        Index(None, "owner_id", "id"),
        exported("locker", owner="owner_id"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str | None]
    owner_id: Mapped[int]


class Parcel(SampleBase):
    __tablename__ = "parcels"
    __table_args__ = (
        ForeignKeyConstraint(["locker_id"], [Locker.id], ondelete="CASCADE", info=parent("locker")),
        Index(None, "locker_id", "id"),
        exported("parcel", owner="locker_id"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str | None]
    locker_id: Mapped[int]


class Label(SampleBase):
    __tablename__ = "labels"
    __table_args__ = (
        UniqueConstraint("name", info=taken("name")),
        ForeignKeyConstraint(["gadget_id"], [Gadget.id], ondelete="SET NULL", info=missing("gadget")),
        CheckConstraint("size BETWEEN 1 AND 5", "size", info=invalid("size", "Input should be 1 to 5")),
        Index(None, "gadget_id"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    size: Mapped[int | None] = mapped_column(SmallInteger)
    printed_on: Mapped[date | None]
    gadget_id: Mapped[int | None]
