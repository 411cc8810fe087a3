from tests.support.bulk import SERIES

BOOK = "'title', 'author', lpad(n::text, 13, '0'), '2026-01-01', 1 + n % 10"
FILL = [
    f"INSERT INTO authors (name) SELECT 'author' {SERIES}",
    f"INSERT INTO categories (name, name_key) SELECT 'category ' || n, 'category ' || n {SERIES}",
    f"INSERT INTO books (title, author, isbn, published_date, author_id) SELECT {BOOK} {SERIES}",
    "UPDATE books SET isbn_key = isbn",
    f"INSERT INTO book_categories (book_id, category_id) SELECT n, 1 + n % 10 {SERIES}",
    f"INSERT INTO reviews (book_id, user_id, rating, body) SELECT 1 + n % 10, n, 5, '' {SERIES}",
]
LISTS = {
    "list_books": [
        "/api/v1/books",
        "/api/v1/books?author_id=7",
        "/api/v1/books?category_id=7",
        "/api/v1/books?isbn=0000000005000",
    ],
    "list_authors": ["/api/v1/authors"],
    "list_categories": ["/api/v1/categories"],
    "list_reviews": ["/api/v1/books/7/reviews"],
}
