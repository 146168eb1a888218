INSTALLED_APPS = ["shop.apps.ShopConfig"]
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "shop"}}
SECRET_KEY = "not used"
