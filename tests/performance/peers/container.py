"""A container's `GET /api/v1/items/{id}`: FastAPI on uvicorn with a pool, which verifies tokens itself."""

import os
from collections.abc import Iterator
from hashlib import sha256
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI, HTTPException, Path, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict
from sqlalchemy import BigInteger, Boolean, String, create_engine, make_url, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+psycopg")
engine = create_engine(url, pool_size=10, max_overflow=10)
SessionLocal = sessionmaker(engine)
keys = jwt.PyJWKClient(f"{os.environ['JWT_ISSUER']}/.well-known/jwks.json", cache_keys=True)
app = FastAPI(openapi_url=None)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    is_active: Mapped[bool] = mapped_column(Boolean)


class Item(Base):
    __tablename__ = "items"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str]


class ItemOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    description: str


def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db


def get_user(
    bearer: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())],
    db: Annotated[Session, Depends(get_db)],
) -> User:
    token = bearer.credentials
    key = keys.get_signing_key_from_jwt(token).key
    claims = jwt.decode(
        token, key, ["RS256"], audience=os.environ["JWT_AUDIENCE"], issuer=os.environ["JWT_ISSUER"]
    )
    user = db.scalar(select(User).where(User.id == int(claims["sub"])))
    if user is None or not user.is_active:
        raise HTTPException(403)
    return user


@app.get("/api/v1/items/{item_id}", response_model=ItemOut)
def get_item(
    item_id: Annotated[int, Path(ge=1)],
    response: Response,
    user: Annotated[User, Depends(get_user)],
    db: Annotated[Session, Depends(get_db)],
) -> Any:
    item = db.get(Item, item_id)
    if item is None:
        raise HTTPException(404)
    digest = sha256(ItemOut.model_validate(item).model_dump_json().encode()).hexdigest()
    response.headers["ETag"] = f'"{digest[:32]}"'
    return item
