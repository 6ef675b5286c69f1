"""Small changes to a right answer, packed: made by course-dl build, and you want to find yours."""

KEY = "b192c30721458137"
PACKED = """
eNrNj0trwzAQhP/K4JNdHIcGevGh/6C33FwThLWyBXp1JZFD6H+vnNIHLZQ+cuieFnZmdr7hVE0+
u3QIgoWlRByrHpVib5E8Twu0DZ4T9uSi5xbOVY8thuGzrUV11GlBWghRzw5enXemmE1CyuxIgotN
Fu2uyCUpfIyprZdk+vKnu/MyG2qwuYV2qb93KBNEjM8b0xqJTcy2rkPnsiVTN1CeEYoB56DuXXID
rRA6poesS6nDzEI2TemihIk0FqqvoV5AjnoiiAgjeKaiuLkUyh9JcIXdj2kWYdS/hNl+E8bntP5a
o9+wyvH6UiC/h3jtP45PxQEoUw==
"""
