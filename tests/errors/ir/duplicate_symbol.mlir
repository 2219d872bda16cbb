xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}

xcs.func @g() -> () {
  xcs.return
}
